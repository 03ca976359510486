/// The last of what a program has written.
package struct OutputTail {
    /// As much as fills a screen, in bytes.
    package static let bytesMax = 4096

    private var received: [UInt8] = []

    package init() {}

    package mutating func append(_ bytes: Span<UInt8>) {
        let last = bytes.extracting(last: Self.bytesMax)
        let surplus = received.count + last.count - Self.bytesMax
        if surplus > 0 { received.removeFirst(surplus) }
        for index in last.indices { received.append(last[index]) }
    }

    /// At most `bytesMax`.
    package var bytes: [UInt8] { received }

    /// The same, less the line ends after it.
    package var text: String {
        var end = received.count
        while end > 0, received[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        return String(decoding: received[..<end], as: UTF8.self)
    }
}
