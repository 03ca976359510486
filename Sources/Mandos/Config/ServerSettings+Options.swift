extension ServerSettings {
    /// Lets the command line decide wherever it says anything (mandos(8)). An empty text is
    /// something said; port 0 sets back a port of the file.
    package mutating func apply(_ options: Options) {
        interface = options.interface ?? interface
        address = options.address ?? address
        if let port = options.port { setPort(port, at: Place(file: "--port")) }
        if let text = options.priority { setPriority(text, at: Place(file: "--priority")) }
        if let name = options.serviceName {
            setServiceName(name, at: Place(file: "--servicename"))
        }
        stateDirectory = options.stateDirectory ?? stateDirectory
        socket = options.socket ?? socket
        if let level = options.debugLevel { setDebugLevel(level, at: Place(file: "--debuglevel")) }
        applySwitches(options)
    }

    /// Each can only say one thing.
    private mutating func applySwitches(_ options: Options) {
        if options.debug == true { isDebugging = true }
        if options.foreground == true || isDebugging { staysInForeground = true }
        if options.noDBus == true { usesDBus = false }
        if options.noIPv6 == true { usesIPv6 = false }
        if options.noRestore == true { restoresState = false }
        if options.noZeroconf == true { zeroconf = .none }
    }
}
