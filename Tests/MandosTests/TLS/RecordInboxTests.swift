import Testing

@testable import Mandos

@Suite("Records on their way to GnuTLS") struct RecordInboxTests {
    private func append(_ bytes: [UInt8], to inbox: inout RecordInbox) {
        bytes.withUnsafeBytes { inbox.append($0) }
    }

    /// All that can be taken, in parts of that size.
    private func takeAll(_ inbox: inout RecordInbox, by size: Int = 5) -> [UInt8] {
        var all: [UInt8] = []
        var part = [UInt8](repeating: 0, count: size)
        while inbox.state == .ready {
            let count = part.withUnsafeMutableBytes { inbox.take(into: $0) }
            all += part[..<count]
        }
        return all
    }

    private static let record: [UInt8] = [22, 3, 3, 0, 4, 1, 2, 3, 4]

    @Test("are passed on whole, however they arrive", arguments: 1...20)
    func whole(_ step: Int) {
        var inbox = RecordInbox(bytesMax: 1000)
        let all = Self.record + Self.record + Self.record
        var taken: [UInt8] = []
        for start in stride(from: 0, to: all.count, by: step) {
            append(Array(all[start..<min(start + step, all.count)]), to: &inbox)
            taken += takeAll(&inbox, by: 7)
            #expect(taken.count % Self.record.count == 0)
        }
        #expect(taken == all)
        #expect(inbox.state == .needs(atMost: 1000 - all.count))
    }

    @Test("are too much as soon as a header announces it")
    func excess() {
        var inbox = RecordInbox(bytesMax: 100)
        append([22, 3, 3, 0, 95], to: &inbox)
        #expect(inbox.state == .needs(atMost: 95))
        append([UInt8](repeating: 0, count: 95), to: &inbox)
        #expect(takeAll(&inbox).count == 100)
        #expect(inbox.state == .excessive)
        inbox.allow(5)
        #expect(inbox.state == .needs(atMost: 5))
        append([23, 3, 3, 0, 1], to: &inbox)
        #expect(inbox.state == .excessive)

        var other = RecordInbox(bytesMax: 100)
        append([22, 3, 3, 0, 96], to: &other)
        #expect(other.state == .excessive)
    }

    @Test(
        "that are none are passed on as far as their header, and no further",
        arguments: [
            [UInt8]("HTTP/1.1 200 OK".utf8), [22, 2, 0, 0, 4, 1], [22, 3, 3, 0, 0, 1],
            [22, 3, 3, 0x41, 1, 1], [25, 3, 3, 0, 1, 1],
        ])
    func foreign(_ bytes: [UInt8]) {
        var inbox = RecordInbox(bytesMax: 100)
        append(bytes, to: &inbox)
        #expect(takeAll(&inbox, by: 16) == Array(bytes[..<5]))
        #expect(inbox.state == .foreign)
    }
}
