import ReactorSimulation

extension SeededGenerator {
    /// Up to `countMax` of `pieces`, one after the other.
    mutating func text(of pieces: [String], countMax: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...countMax, using: &self) {
            bytes += pieces[Int.random(in: pieces.indices, using: &self)].utf8
        }
        return bytes
    }
}
