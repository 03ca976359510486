import Reactor
import Testing

@testable import Mandos

@Suite("The revocation log") struct RevocationLogTests {
    private static let mark = SaveMark(origin: 7, number: 3, time: Saved.time)
    private static let key = KeyID(hex: String(repeating: "A1", count: 32))

    private static func revocation(
        _ name: String, _ reason: Revocation.Reason = .disabled, by author: String = "uid 0"
    ) -> Revocation {
        Revocation(
            name: ClientName(name), keyID: key, fingerprint: Fingerprint("F0F0"),
            when: Saved.time, reason: reason, by: author, absent: .seconds(5))
    }

    /// Three saves: a whole state, one more revocation, and the end of the first.
    private static func bytes() -> (all: [UInt8], lengths: [Int]) {
        var bytes = RevocationLog.text(mark, [revocation("a b\n%-", by: "")])
        var lengths = [bytes.count]
        var sum = Checksum()
        sum.add(bytes)
        var changes = StateChanges(time: Saved.time)
        changes.revocations = [revocation("-", .removed), revocation("æ", .expired)]
        changes.clients = [Saved.client()]
        bytes += RevocationLog.text(mark.next(at: Saved.time), changes, after: &sum)
        lengths.append(bytes.count)
        changes = StateChanges(time: Saved.time)
        changes.endedRevocations = [revocation("a b\n%-").identity]
        changes.dropped = [ClientName("")]
        bytes += RevocationLog.text(
            mark.next(at: Saved.time).next(at: Saved.time), changes, after: &sum)
        return (bytes, lengths + [bytes.count])
    }

    @Test("gives back what was written")
    func roundTrip() throws {
        let (bytes, lengths) = Self.bytes()
        let log = try #require(RevocationLog(bytes))
        #expect(log.mark.number == 5 && log.mark.origin == 7 && log.mark.time == Saved.time)
        #expect(!log.isTorn && log.length == bytes.count)
        #expect(
            log.revocations.values.sorted { $0.name < $1.name } == [
                Self.revocation("-", .removed), Self.revocation("æ", .expired),
            ])
        #expect(log.touched(since: 4)?.map { $0.text } == ["", "a b\n%-"])
        #expect(log.touched(since: 3)?.count == 5)
        #expect(log.touched(since: 2) == nil)
        let first = try #require(RevocationLog(Array(bytes[..<lengths[0]])))
        #expect(first.revocations.values.map { $0 } == [Self.revocation("a b\n%-", by: "")])
    }

    @Test("no cut, and no changed byte, is taken for what was written")
    func damage() throws {
        let (bytes, lengths) = Self.bytes()
        for count in 0..<bytes.count {
            let log = RevocationLog(Array(bytes[..<count]))
            #expect(log?.length ?? 0 == lengths.last { $0 <= count } ?? 0)
            #expect(log?.isTorn ?? true == !lengths.contains(count))
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                let log = RevocationLog(damaged)
                #expect(log?.isTorn ?? true)
                #expect(log?.length ?? 0 == lengths.last { $0 <= index } ?? 0)
            }
        }
    }

    @Test("behind one damaged byte, all that takes trust away counts, and later saves are whole")
    func beyondDamage() throws {
        let (bytes, lengths) = Self.bytes()
        let whole: Set = ["-", "æ"]
        for index in 0..<lengths[0] {
            for bit in [0, 7] {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                let log = try #require(RevocationLog(damaged), "byte \(index)")
                #expect(log.mark.number >= 5)
                let names = Set(log.revocations.values.map { $0.name.text })
                    .union(log.doubtful.values.map { $0.name.text })
                #expect(names.isSuperset(of: whole), "byte \(index): \(names)")
            }
        }
        // The last digit of the checksum of the first save: the third is whole, and ends the first.
        var damaged = bytes
        damaged[lengths[0] - 2] ^= 1
        let log = try #require(RevocationLog(damaged))
        #expect(log.doubtful.values.map { $0.name.text }.sorted() == ["-", "æ"])
        #expect(log.touched(since: 4) == nil)
    }

    @Test("nothing that is damaged ends a revocation")
    func doubtfulEnd() throws {
        let (bytes, lengths) = Self.bytes()
        for index in lengths[1]..<lengths[2] {
            var damaged = bytes
            damaged[index] ^= 1
            let log = try #require(RevocationLog(damaged))
            #expect(log.revocations.values.contains { $0.name.text == "a b\n%-" })
        }
    }
}
