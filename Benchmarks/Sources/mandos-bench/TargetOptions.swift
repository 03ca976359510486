import ArgumentParser
import LoadGenerator

/// Which server, and whether it may be loaded at all.
struct TargetOptions: ParsableArguments {
    @Option(help: "Numeric address of the server.")
    var address = "127.0.0.1"

    @Option(help: "TCP port of the server.")
    var port: UInt16

    @Option(help: "Process ID of the server, to see its CPU time, memory and descriptors.")
    var pid: Int32?

    @Flag(
        help: """
            Load a server that is neither on this machine nor in a network namespace made for it. It \
            may be unable to serve real machines meanwhile.
            """)
    var remoteServerIsMine = false

    func target() throws -> Target {
        let target = try Target(host: address, port: port)
        guard target.isLoopback || Target.isInNamespace || remoteServerIsMine else {
            throw ValidationError(
                "\(address) is not a loopback address: see --remote-server-is-mine")
        }
        return target
    }

    func meter() throws -> ServerMeter? { try pid.map { try ServerMeter(pid: $0) } }
}
