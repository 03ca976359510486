import Foundation

/// A TLS server that nobody wrote for Mandos, such as gnutls-serv(1) and s_server(1ssl). It can only
/// be connected to, so `mandos-test-peer` connects to both ends and passes everything on.
struct RelayedPeer {
    private let port: UInt16
    private let program: Program
    /// s_server(1ssl) ends when its standard input does.
    private let input = Pipe()

    init(gnutls options: [String]) throws {
        port = try ListeningSocket.findFreePort()
        program = try Program(
            ["gnutls-serv", "--echo", "--port", String(port)] + options)
        try program.error.first("listening") { $0.contains("listening on IPv4") }
    }

    init(openSSL options: [String]) throws {
        port = try ListeningSocket.findFreePort()
        program = try Program(
            ["openssl", "s_server", "-accept", "127.0.0.1:\(port)"] + options,
            standardInput: input.fileHandleForReading.fileDescriptor)
        try program.output.first("ACCEPT") { $0.hasPrefix("ACCEPT") }
    }

    func end() { program.end() }

    /// Waits until the server has closed.
    func connect(to server: Server) throws {
        let relay = try Peer(server.ipv6, "--relay", "127.0.0.1:\(port)")
        defer { relay.program.end() }
        let line = try relay.program.output.first("end=") { $0.contains("end=") }
        guard line.hasSuffix("end=server") else { throw TestFailure("the server does not close") }
    }
}
