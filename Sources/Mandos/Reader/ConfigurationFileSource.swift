/// Reads the files of a configuration, and looks into its directories.
protocol ConfigurationFileSource: SecretFileReader {
    /// All of a file, and who may do what with it.
    func contents(of path: String) throws(FileError) -> FileContents

    /// The names with that ending, see `DirectoryListing`.
    func names(in directory: String, endingIn suffix: String) throws(FileError) -> [String]

    /// nil if they cannot be found out.
    func attributes(ofDirectory path: String) -> FileAttributes?
}
