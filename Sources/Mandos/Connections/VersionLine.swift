/// The first thing a peer says: the version of the protocol it speaks, on a line of its own.
package struct VersionLine {
    package enum Outcome: Equatable {
        /// A version that this server speaks.
        case accepted
        case incomplete
        /// What is wrong with it, in words that contain nothing of it but printable ASCII.
        case refused(String)
    }

    /// The newest version there is.
    private static let newest = 1
    /// How much of a refused line is shown in the log.
    private static let shownBytesMax = 64

    private var received: [UInt8] = []
    private let bytesMax: Int

    package init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes what arrived next. Bytes after the end of the line are lost: a peer has to wait for the
    /// server to begin the handshake.
    package mutating func receive(_ bytes: Span<UInt8>) -> Outcome {
        for index in bytes.indices {
            let byte = bytes[index]
            // A lone CR ends the line as well, once something follows it.
            if received.last == UInt8(ascii: "\r") { return end() }
            guard received.count < bytesMax else {
                return .refused("the line is longer than \(bytesMax) bytes")
            }
            if byte == UInt8(ascii: "\n") { return end() }
            received.append(byte)
        }
        return .incomplete
    }

    /// The peer sends no more, which ends the line too.
    package func end() -> Outcome {
        let line = received.drop { Self.isBlank($0) }
        let field = String(decoding: line.prefix { !Self.isBlank($0) }, as: UTF8.self)
        guard let version = DecimalInteger.parse(field) else {
            return .refused("expected a number, found “\(shown)”")
        }
        if version > Self.newest {
            return .refused("expected at most \(Self.newest), found \(version)")
        }
        return .accepted
    }

    private var shown: String {
        var text = ""
        for byte in received.prefix(Self.shownBytesMax) {
            let isPrintable = byte >= 0x20 && byte < 0x7f
            text.unicodeScalars.append(Unicode.Scalar(isPrintable ? byte : UInt8(ascii: "?")))
        }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (9...13).contains(byte) || (0x1c...0x1f).contains(byte)
    }
}
