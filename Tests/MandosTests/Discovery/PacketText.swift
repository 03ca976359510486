@testable import Mandos

/// Writes packets of multicast DNS, also such as nobody honest sends.
struct PacketText {
    private(set) var bytes: [UInt8]

    /// - Parameter counts: what the header says; questions, answers, authorities, additional.
    init(flags: UInt16 = 0, _ counts: Int...) {
        let numbers = [0, Int(flags)] + (counts + [0, 0, 0, 0]).prefix(4)
        bytes = numbers.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    static let response: UInt16 = 0x8400

    mutating func replace(_ at: Int, _ value: Int) {
        bytes[at] = UInt8(value >> 8 & 0xff)
        bytes[at + 1] = UInt8(value & 0xff)
    }

    mutating func number(_ value: Int) { bytes += [UInt8(value >> 8 & 0xff), UInt8(value & 0xff)] }

    /// “Mandos._mandos._tcp.local”
    mutating func name(_ text: String) {
        for label in text.split(separator: ".") {
            bytes.append(UInt8(label.utf8.count))
            bytes += Array(label.utf8)
        }
        bytes.append(0)
    }

    mutating func question(_ text: String, _ type: Int = 12, category: Int = 1) {
        name(text)
        number(type)
        number(category)
    }

    mutating func record(
        _ text: String, _ type: Int, category: Int = 1, ttl: Int = 120, _ data: [UInt8]
    ) {
        name(text)
        number(type)
        number(category)
        number(ttl >> 16)
        number(ttl)
        number(data.count)
        bytes += data
    }

    static func data(_ name: String) -> [UInt8] {
        var text = PacketText()
        text.name(name)
        return Array(text.bytes.dropFirst(12))
    }
}
