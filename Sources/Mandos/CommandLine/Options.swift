/// What the command line asks for. nil means “not said”: mandos.conf or the default decides then.
///
/// The Bool options can only say one thing each (mandos(8)): `debug` and `foreground` only switch
/// on, the `no…` options only switch off.
package struct Options: Equatable {
    package var interface: String?
    package var address: String?
    /// Not checked for its range: bind(2) does that. 0 means “not set”.
    package var port: Int?
    package var debug: Bool?
    /// A name for `LogLevel`; an empty one means the default.
    package var debugLevel: String?
    package var priority: String?
    package var serviceName: String?
    package var configDirectory: String?
    package var noDBus: Bool?
    package var noIPv6: Bool?
    package var noRestore: Bool?
    /// Number of an inherited file descriptor. 0 is one.
    package var socket: Int?
    package var stateDirectory: String?
    /// Path of a file to import, instead of starting a server.
    package var importedState: String?
    package var dryRun: Bool?
    /// Print where the state is, instead of starting a server.
    package var printsStateDirectory: Bool?
    /// Whether to look at the saved state, instead of starting a server.
    package var checksState: Bool?
    /// Instead of starting a server.
    package var listRevocations: Bool?
    package var foreground: Bool?
    package var noZeroconf: Bool?

    package init() {}
}
