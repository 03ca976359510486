// `mandos --print-statedir`: for scripts that would have to guess otherwise.
extension Server {
    /// Prints the absolute path of the directory in which a server that is started with these
    /// options saves its state, and a line feed.
    ///
    /// - Returns: the exit status.
    package static func printStateDirectory(_ options: Options, program: String) -> CInt {
        let directory = options.configDirectory ?? "/etc/mandos"
        do throws(ConfigErrors) {
            let settings = try settings(in: directory, options, base: WorkingDirectory.current)
            StandardStream.print(settings.stateDirectory + "\n")
            return 0
        } catch {
            complain(error.errors.map { $0.text }, program)
            return 1
        }
    }
}
