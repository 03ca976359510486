extension Options {
    /// Notes one option. Of a repeated option, the last value counts.
    mutating func take(_ entry: OptionEntry, value: String) throws(UsageError) {
        switch entry.name {
        case .interface: interface = value
        case .address: address = value
        case .port: port = try Self.integer(entry, value)
        case .debug: debug = true
        case .debugLevel: debugLevel = value
        case .priority: priority = value
        case .serviceName: serviceName = value
        case .configDirectory: configDirectory = value
        case .noDBus: noDBus = true
        case .noIPv6: noIPv6 = true
        case .noRestore: noRestore = true
        case .socket: socket = try Self.integer(entry, value)
        case .stateDirectory: stateDirectory = value
        case .importState: importedState = value
        case .dryRun: dryRun = true
        case .printStateDirectory: printsStateDirectory = true
        case .checkState: checksState = true
        case .listRevocations: listRevocations = true
        case .foreground: foreground = true
        case .noZeroconf: noZeroconf = true
        case .help, .version, .check: break  // these end the parsing; there is nothing to note
        }
    }

    private static func integer(_ entry: OptionEntry, _ value: String) throws(UsageError) -> Int {
        guard let number = DecimalInteger.parse(value) else {
            throw UsageError("\(entry.spellings): expected an integer, found “\(value)”")
        }
        return number
    }
}
