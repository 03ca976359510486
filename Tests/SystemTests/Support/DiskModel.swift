import Foundation

/// A directory on a disk that can lose its power: what was written without a later fsync may be there,
/// may not, or in part.
struct DiskModel {
    private final class File {
        var durable: [UInt8]
        var pending: [Change] = []
        /// As programs see it.
        var current: [UInt8]

        init(_ bytes: [UInt8]) {
            durable = bytes
            current = bytes
        }
    }

    private enum Change {
        case write(offset: Int, bytes: ArraySlice<UInt8>)
        case truncate(size: Int)
    }

    /// What a power failure has a way with at once.
    private static let sectorBytes = 512

    private var durableNames: [String: File] = [:]
    private var names: [String: File] = [:]
    /// Of names, since the directory was last synced: each as it was after one change. Journals of
    /// file systems keep their order.
    private var pendingNames: [[String: File]] = []
    private var handles: [Int: File] = [:]

    init(_ contents: [String: [UInt8]]) {
        names = contents.mapValues { File($0) }
        durableNames = names
    }

    /// Does what `trace` says; see state_faults.c.
    mutating func follow(_ trace: [UInt8]) throws {
        var rest = trace[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            rest = rest[(end + 1)...]
            guard let operation = words.first else {
                throw TestFailure("an empty line in the trace")
            }
            if operation == "W" {
                let count = Int(words[3])!
                write(rest.prefix(count), at: Int(words[2])!, of: handles[Int(words[1])!]!)
                rest = rest.dropFirst(count)
            } else {
                try apply(String(operation), words.dropFirst().map(String.init))
            }
        }
    }

    private mutating func apply(_ operation: String, _ words: [String]) throws {
        switch operation {
        case "O":
            if words[2] == "1" { change { $0[words[1]] = File([]) } }
            handles[Int(words[0])!] = names[words[1]]!
        case "T":
            let file = handles[Int(words[0])!]!
            Self.apply(.truncate(size: Int(words[1])!), to: &file.current)
            file.pending.append(.truncate(size: Int(words[1])!))
        case "S":
            let file = handles[Int(words[0])!]!
            for change in file.pending { Self.apply(change, to: &file.durable) }
            file.pending = []
        case "F":
            // The kernel takes the pages for written, and never tries again: fsync(2), NOTES.
            handles[Int(words[0])!]!.pending = []
        case "D":
            durableNames = names
            pendingNames = []
        case "R": change { $0[words[1]] = $0.removeValue(forKey: words[0]) }
        case "U": change { $0[words[0]] = nil }
        default: throw TestFailure("“\(operation)” in the trace")
        }
    }

    private mutating func change(_ body: (inout [String: File]) -> Void) {
        body(&names)
        pendingNames.append(names)
    }

    private func write(_ bytes: ArraySlice<UInt8>, at offset: Int, of file: File) {
        Self.apply(.write(offset: offset, bytes: bytes), to: &file.current)
        file.pending.append(.write(offset: offset, bytes: bytes))
    }

    private static func apply(_ change: Change, to contents: inout [UInt8]) {
        switch change {
        case .truncate(let size):
            if size < contents.count {
                contents.removeLast(contents.count - size)
            } else {
                contents += [UInt8](repeating: 0, count: size - contents.count)
            }
        case .write(let offset, let bytes):
            let end = offset + bytes.count
            if end > contents.count {
                contents += [UInt8](repeating: 0, count: end - contents.count)
            }
            contents.replaceSubrange(offset..<end, with: bytes)
        }
    }

    /// What is there when the power is back.
    func afterPowerLoss(
        using random: inout some RandomNumberGenerator
    ) -> [String: [UInt8]] {
        let lastName = Int.random(in: 0...pendingNames.count, using: &random)
        let names = lastName == 0 ? durableNames : pendingNames[lastName - 1]
        var contents: [String: [UInt8]] = [:]
        for (name, file) in names.sorted(by: { $0.key < $1.key }) {
            contents[name] = Self.remains(of: file, using: &random)
        }
        return contents
    }

    private static func remains(
        of file: File, using random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var contents = file.durable
        let manner = Int.random(in: 0..<4, using: &random)
        for change in file.pending {
            switch (manner, change) {
            case (0, _): continue
            case (1, _): apply(change, to: &contents)
            case (_, .truncate): if Bool.random(using: &random) { apply(change, to: &contents) }
            case (_, .write(let offset, let bytes)):
                for sector in sectors(of: bytes) where Bool.random(using: &random) {
                    let start = offset + sector.startIndex - bytes.startIndex
                    apply(.write(offset: start, bytes: sector), to: &contents)
                }
            }
        }
        return contents
    }

    private static func sectors(of bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: sectorBytes).map {
            bytes[$0..<min($0 + sectorBytes, bytes.endIndex)]
        }
    }
}
