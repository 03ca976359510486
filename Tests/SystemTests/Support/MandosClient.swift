import Foundation

/// Debian's own mandos-client(8mandos), as it runs in an initial RAM disk.
enum MandosClient {
    static let path: String? = {
        let listing = try? Program.output("dpkg-query", "-L", "mandos-client")
        let path = listing?.split(separator: "\n").first { $0.hasSuffix("plugins.d/mandos-client") }
        guard let path, FileManager.default.isExecutableFile(atPath: String(path)) else {
            return nil
        }
        return String(path)
    }()

    /// Asks the server for the password.
    ///
    /// - Parameters:
    ///   - keys: PEM files of the TLS key; nil for those of the machine.
    static func run(
        connectingTo address: String, as machine: Fixtures.Machine, key: PeerKey? = nil
    ) throws -> (status: CInt, output: String, error: String) {
        guard let path else { throw TestFailure("there is no mandos-client") }
        let keys = machine.directory
        return try Program.run(
            path,
            [
                "--connect=\(address)", "--interface=none", "--pubkey=\(keys)/pubkey.txt",
                "--seckey=\(keys)/seckey.txt",
                "--tls-pubkey=\(key?.publicFile ?? keys + "/tls-pubkey.pem")",
                "--tls-privkey=\(key?.privateFile ?? keys + "/tls-privkey.pem")",
            ])
    }
}
