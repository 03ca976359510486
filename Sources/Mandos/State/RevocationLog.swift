internal import Reactor

/// The contents of `revocations.log`: the revocations again, apart from the database, and which save
/// was the last. Parses and writes the text; reads no file.
///
/// Each line is one entry, its words are separated by single spaces. A save ends with a line that
/// holds its number, its time, and the checksum of everything before.
///
///     mandos-revocations 1 5D0C0FFEE5D0C0FF
///     + web1 0123…EF - 1800000000000000 1 - uid%200
///     = 17 1800000000000000 9D3B…01
///     - web1 0123…EF -
///     ~ web2
///     = 18 1800000060000000 77A0…5C
///
/// `+` begins a revocation: name, key ID, fingerprint, time, reason, absence, author. `-` ends one.
/// `~` names a client of which something else was saved, or that clients.conf does not have. Times
/// count in microseconds since 1970.
struct RevocationLog: Equatable {
    /// The last save that it tells of.
    private(set) var mark: SaveMark
    /// Whether its beginning can be read, which says the origin.
    private(set) var hasOrigin = true
    /// In force by all that is whole.
    private(set) var revocations: [Revocation.Identity: Revocation] = [:]
    /// Begun in what is damaged, so that it is not known what became of them; nothing says that one
    /// of them has ended.
    private(set) var doubtful: [Revocation.Identity: Revocation] = [:]
    /// Clients that a save concerned, with the number of the last such save. As far as the file goes
    /// back.
    private(set) var touched: [ClientName: Int64] = [:]
    /// Number of the first save of the file: it says nothing of single clients before.
    private(set) var firstNumber: Int64 = 0
    /// How many bytes are whole, up to the first damage.
    private(set) var length = 0
    /// The checksum of these.
    private(set) var sum = Checksum()
    /// Whether there is anything in the file that cannot be read.
    private(set) var isTorn = false

    private static let title = "mandos-revocations 1 "
}

// Reading.
extension RevocationLog {
    /// Goes on after damage: a checksum that does not go with what is before it still goes with what is
    /// behind, so each later save is whole or not by itself.
    ///
    /// - Returns: nil if no line can be read.
    init?(_ bytes: [UInt8]) {
        var lines = Lines(bytes)
        mark = SaveMark(origin: 0, number: 0, time: WallTime(microseconds: 0))
        if let origin = lines.next().flatMap({ Self.origin($0) }) {
            mark.origin = origin
        } else {
            hasOrigin = false
        }
        var sum = Checksum()
        sum.add(bytes[..<lines.position])
        var pending: [Entry] = []
        while let line = lines.next() {
            guard let entry = Entry(line) else {
                isTorn = true
                sum.add(bytes[lines.start..<lines.position])
                if let rest = Self.rest(of: line) { pending.append(rest) }
                continue
            }
            guard case .save(let number, let time, let written) = entry else {
                sum.add(bytes[lines.start..<lines.position])
                pending.append(entry)
                continue
            }
            sum.add(bytes[lines.start..<(lines.position - 17)])
            if written == sum.value {
                take(pending, number, time)
            } else {
                isTorn = true
                takeDoubtful(pending, number, time)
                sum = Checksum(resumedAt: written)
            }
            sum.add(bytes[(lines.position - 17)..<lines.position])
            pending = []
            if !isTorn {
                length = lines.position
                self.sum = sum
            }
        }
        takeDoubtful(pending, 0, mark.time)
        guard mark.number > 0 || !doubtful.isEmpty else { return nil }
        isTorn = length < bytes.count
    }

    /// A lost line feed makes two lines one. No word has a “+”.
    private static func rest(of line: ArraySlice<UInt8>) -> Entry? {
        line.lastIndex(of: UInt8(ascii: "+")).flatMap { Entry(line[$0...]) }
    }

    private static func origin(_ line: ArraySlice<UInt8>) -> UInt64? {
        guard line.starts(with: title.utf8) else { return nil }
        return LogWords.hexadecimal(line.dropFirst(title.utf8.count))
    }

    /// Of a save that is not as it was written: what takes trust away counts, what gives it does not.
    private mutating func takeDoubtful(_ entries: [Entry], _ number: Int64, _ time: WallTime) {
        if number > mark.number {
            mark.number = number
            mark.time = time
        }
        for case .began(let revocation) in entries where revocations[revocation.identity] == nil {
            doubtful[revocation.identity] = revocation
        }
    }

    private mutating func take(_ entries: [Entry], _ number: Int64, _ time: WallTime) {
        if firstNumber == 0 { firstNumber = number }
        if number > mark.number {
            mark.number = number
            mark.time = time
        }
        for entry in entries {
            switch entry {
            case .began(let revocation):
                revocations[revocation.identity] = revocation
                touched[revocation.name] = number
            case .ended(let identity):
                revocations[identity] = nil
                doubtful[identity] = nil
                touched[identity.name] = number
            case .touched(let name): touched[name] = number
            case .save: break
            }
        }
    }

    /// The clients concerned since a save; nil if the file does not go back so far.
    func touched(since number: Int64) -> [ClientName]? {
        guard number >= firstNumber, !isTorn else { return nil }
        return someTouched(since: number)
    }

    /// As far as the file goes back.
    func someTouched(since number: Int64) -> [ClientName] {
        touched.filter { $0.value > number }.keys.sorted()
    }
}

// Writing.
extension RevocationLog {
    /// A file that begins with what is in force.
    ///
    /// - Parameter names: of clients that no other file names.
    static func text(
        _ mark: SaveMark, _ revocations: [Revocation], names: [ClientName] = []
    ) -> [UInt8] {
        var bytes = Array("\(title)\(LogWords.digits(mark.origin))\n".utf8)
        for revocation in revocations { bytes += Entry.began(revocation).line }
        for name in names { bytes += Entry.touched(name).line }
        var sum = Checksum()
        sum.add(bytes)
        return bytes + saveLine(mark, &sum)
    }

    /// The entries after one save in the file.
    ///
    /// - Parameter sum: of all bytes before; afterwards, with these.
    static func text(
        _ mark: SaveMark, _ changes: StateChanges, after sum: inout Checksum
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for identity in changes.endedRevocations { bytes += Entry.ended(identity).line }
        for revocation in changes.revocations { bytes += Entry.began(revocation).line }
        for client in changes.clients { bytes += Entry.touched(client.name).line }
        for name in changes.dropped { bytes += Entry.touched(name).line }
        sum.add(bytes)
        return bytes + saveLine(mark, &sum)
    }

    private static func saveLine(_ mark: SaveMark, _ sum: inout Checksum) -> [UInt8] {
        let start = Array("= \(mark.number) \(mark.time.microseconds) ".utf8)
        sum.add(start)
        let end = Array("\(LogWords.digits(sum.value))\n".utf8)
        sum.add(end)
        return start + end
    }
}

/// The lines of a file that end with a line feed.
private struct Lines {
    private let bytes: [UInt8]
    /// Where the last line begins.
    private(set) var start = 0
    /// Where the next one begins.
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        start = position
        position = end + 1
        return bytes[start..<end]
    }
}
