/// The options of the command line. What they are called there stands in `OptionTable`.
package enum OptionName: Sendable {
    case help, version, check, debug, foreground
    case interface, address, port, socket
    case debugLevel, priority, serviceName
    case configDirectory, stateDirectory
    case importState, dryRun, printStateDirectory, checkState, listRevocations
    case noDBus, noIPv6, noRestore, noZeroconf
}
