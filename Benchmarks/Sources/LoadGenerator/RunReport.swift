/// All that is known about a run once it is over; `--json` prints it, `plot` reads it.
package struct RunReport: Codable, Sendable {
    /// How things stood at one moment.
    package struct Sample: Codable, Equatable, Sendable {
        package let seconds: Double
        /// Connections that the server has.
        package let connections: Int
        package let served: Int
        /// nil without a server to read.
        package let residentBytes: Int?
        package let descriptors: Int?
    }

    package struct Server: Codable, Equatable, Sendable {
        package let before: ServerMeter.Reading
        package let after: ServerMeter.Reading
        package let residentBytesMax: Int
        package let descriptorsMax: Int
        package let cpuSeconds: Double
        /// nil if there was no secret.
        package let cpuMicrosecondsPerSecret: Double?
    }

    package var label: String
    package var target: String
    /// Machines of the fleet, which is how many clients the server knows.
    package var clients: Int
    package var seed: UInt64
    package var peers: [String: Int]
    /// Attacks on the server meanwhile, with their connections at a time.
    package var attacks: [String: Int]
    /// Connections by kind of peer and by how they ended.
    package var outcomes: [String: [String: Int]]
    package var attempts: Int
    package var served: Int
    /// Machines that were owed a secret and did not get it.
    package var unserved: Int
    package var wrong: Int
    package var seconds: Double
    /// From the start to the last secret.
    package var secretsPerSecond: Double
    package var latency: LatencyReport
    package var server: Server?
    package var samples: [Sample]
    /// In the words of the library, the first that was met of each kind of outcome.
    package var problems: [String: String]

    /// Everybody who should have a secret has it, and nobody has anybody else's.
    package var isGood: Bool { unserved == 0 && wrong == 0 }
}
