/// Reads DER (X.690): definite lengths in their shortest form, up to 65535.
struct DERReader {
    enum Tag {
        static let integer: UInt8 = 0x02
        static let bitString: UInt8 = 0x03
        static let null: UInt8 = 0x05
        static let objectIdentifier: UInt8 = 0x06
        static let sequence: UInt8 = 0x30
        /// Constructed and context-specific, such as `[0]`.
        static func context(_ number: UInt8) -> UInt8 { 0xA0 | number }
    }

    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) { self.init(bytes, 0, bytes.count) }

    private init(_ bytes: [UInt8], _ start: Int, _ end: Int) {
        self.bytes = bytes
        position = start
        self.end = end
    }

    var isAtEnd: Bool { position == end }
    /// Bytes that are not read yet.
    var rest: ArraySlice<UInt8> { bytes[position..<end] }

    func begins(with tag: UInt8) -> Bool { rest.first == tag }

    /// - Returns: the content of the next element; nil if it has another tag, is not DER or is cut.
    mutating func read(_ tag: UInt8) -> DERReader? {
        guard begins(with: tag), let (count, start) = length(at: position + 1), count <= end - start
        else { return nil }
        position = start + count
        return DERReader(bytes, start, position)
    }

    private func length(at start: Int) -> (count: Int, contentStart: Int)? {
        guard start < end else { return nil }
        switch bytes[start] {
        case let count where count < 0x80: return (Int(count), start + 1)
        case 0x81 where start + 1 < end && bytes[start + 1] >= 0x80:
            return (Int(bytes[start + 1]), start + 2)
        case 0x82 where start + 2 < end && bytes[start + 1] > 0:
            return (Int(bytes[start + 1]) << 8 | Int(bytes[start + 2]), start + 3)
        default: return nil
        }
    }

    /// - Returns: the magnitude of an INTEGER that is positive, without leading zeros.
    mutating func readPositive() -> ArraySlice<UInt8>? {
        guard let content = read(Tag.integer)?.rest, let first = content.first, first < 0x80 else {
            return nil
        }
        guard first == 0 else { return content }
        // A zero stands only in front of a byte that would otherwise be a sign.
        guard content.count > 1, content[content.startIndex + 1] >= 0x80 else { return nil }
        return content.dropFirst()
    }

    /// - Returns: the content of an OBJECT IDENTIFIER.
    mutating func readObjectIdentifier() -> ObjectIdentifier? {
        guard let content = read(Tag.objectIdentifier)?.rest else { return nil }
        return ObjectIdentifier(content: content)
    }

    /// Names an algorithm or a curve.
    struct ObjectIdentifier: Equatable {
        private let content: [UInt8]

        /// Longer ones name nothing that is known here.
        private static let bytesMax = 16

        fileprivate init?(content: ArraySlice<UInt8>) {
            guard let last = content.last, last < 0x80, content.count <= Self.bytesMax else {
                return nil
            }
            self.content = Array(content)
        }

        /// - Parameter content: as it stands in DER, behind tag and length.
        init(_ content: UInt8...) { self.content = content }

        /// Such as 1.2.840.113549.1.1.1.
        var dotted: String {
            var text = ""
            var arc: UInt64 = 0
            for byte in content {
                arc = arc << 7 | UInt64(byte & 0x7F)
                guard byte < 0x80 else { continue }
                if text.isEmpty {
                    let first = min(arc / 40, 2)
                    text = "\(first).\(arc - 40 * first)"
                } else {
                    text += ".\(arc)"
                }
                arc = 0
            }
            return text
        }
    }
}
