extension ServerSettings {
    /// Those of mandos.conf in the directory that the options name, changed by the options.
    ///
    /// - Throws: as `init(in:)`.
    init(_ options: Options) throws(ConfigErrors) {
        try self.init(in: options.configDirectory ?? "/etc/mandos")
        apply(options)
    }

    /// Those of mandos.conf in a directory, and the defaults if there is no such file.
    ///
    /// - Throws: also if it is there and cannot be read: the defaults would serve more than it may
    ///   say, such as on all addresses.
    init(in directory: String) throws(ConfigErrors) {
        let path = "\(directory)/mandos.conf"
        let text: SensitiveBytes
        do throws(FileError) {
            text = try LinuxSecretFileReader().read(path)
        } catch {
            guard !error.isMissing else {
                self.init()
                return
            }
            let problem = "cannot be read: \(error.reason)"
            throw ConfigErrors([ConfigError(place: Place(file: path), problem: problem)])
        }
        try self.init(file: text, name: path)
    }
}
