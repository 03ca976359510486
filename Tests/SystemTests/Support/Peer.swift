import Foundation

/// `mandos-test-peer`, which plays machines that boot. See its --help.
struct Peer {
    /// How one of its connections ended.
    struct Report: Equatable {
        enum Outcome: String {
            /// The server ended the TLS session as it should, with or without a secret.
            case orderly
            case cut, reset, failed, alert, unreachable, late
            case hungUp = "hung-up"
        }
        let outcome: Outcome
        /// How far it came.
        let phase: String
        /// Bytes that came from the network, and through TLS.
        let rawBytes: Int
        let bytes: Int
        let sha256: String
        let detail: String

        init?(_ line: String) {
            var fields: [Substring: String] = [:]
            for field in line.split(separator: " ", maxSplits: 6) {
                let pair = field.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if pair.count == 2 { fields[pair[0]] = String(pair[1]) }
            }
            guard let outcome = fields["outcome"].flatMap(Outcome.init),
                let rawBytes = fields["raw"].flatMap({ Int($0) }),
                let bytes = fields["bytes"].flatMap({ Int($0) })
            else { return nil }
            self.outcome = outcome
            self.rawBytes = rawBytes
            self.bytes = bytes
            phase = fields["phase"] ?? ""
            sha256 = fields["sha256"] ?? ""
            detail = fields["detail"] ?? ""
        }
    }

    /// A process that goes on. Whoever starts it ends it.
    let program: Program

    /// - Parameters:
    ///   - address: such as `::1:1234`.
    ///   - key: nil if the connections are not meant to get to a handshake.
    init(_ address: String, key: PeerKey? = nil, _ options: String...) throws {
        try self.init(address, key: key, options: options)
    }

    init(_ address: String, key: PeerKey?, options: [String]) throws {
        let keyOptions = key.map { ["--key", $0.privateFile] } ?? []
        program = try Program([Self.path, "--connect", address] + keyOptions + options)
    }

    /// Runs one, or several with `--count`, to the end.
    static func run(
        _ address: String, key: PeerKey? = nil, _ options: String...
    ) throws -> [Report] {
        try run(address, key: key, options)
    }

    static func run(
        _ address: String, key: PeerKey? = nil, _ options: [String]
    ) throws -> [Report] {
        let peer = try Peer(address, key: key, options: options)
        defer { peer.program.end() }
        return try peer.reports()
    }

    /// Runs a single one to the end.
    static func runOne(
        _ address: String, key: PeerKey? = nil, _ options: String...
    ) throws -> Report {
        let peer = try Peer(address, key: key, options: options)
        defer { peer.program.end() }
        guard let report = try peer.reports().first else { throw TestFailure("no report") }
        return report
    }

    /// Waits until all connections have ended.
    func reports(by deadline: Deadline = Deadline(.seconds(120))) throws -> [Report] {
        guard try program.waitForExit(by: deadline) == 0 else {
            throw TestFailure("mandos-test-peer: \(try program.error.text())")
        }
        return try program.output.text().split(separator: "\n").compactMap { Report(String($0)) }
    }

    /// Waits until all connections have got to where they stop, or have ended.
    ///
    /// - Returns: how many have stopped.
    func waitForStop() throws -> Int {
        let line = try program.output.first("stopped") { $0.hasPrefix("stopped ") }
        return Int(line.dropFirst("stopped ".count)) ?? 0
    }

    static let path = BuiltProgram.path("mandos-test-peer")
}
