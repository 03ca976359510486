import Foundation

extension SeededGenerator {
    static func fromEnvironment() -> SeededGenerator {
        let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
        return SeededGenerator(seed: given ?? .random(in: 0 ... .max))
    }

    /// Up to `countMax` of `pieces`, one after the other.
    mutating func text(of pieces: [String], countMax: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...countMax, using: &self) {
            bytes += pieces[Int.random(in: pieces.indices, using: &self)].utf8
        }
        return bytes
    }
}
