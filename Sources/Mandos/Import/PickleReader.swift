internal import Reactor

/// Reads a pickle of protocol 2, as Mandos servers in Python 2 and 3 write it: only the opcodes and
/// types that they use (pickletools.py of Python describes them). It calls nothing and creates
/// nothing but plain values; whatever else is in a pickle is an error.
struct PickleReader: ~Copyable {
    /// Of a tuple of mappings of mappings of lists there are four; this leaves room.
    private static let depthMax = 16

    private let file: SensitiveBytes
    private var position = 0
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    /// nil for a container that was not complete yet: nobody refers to one.
    private var memo: [UInt32: PickleValue?] = [:]

    private init(_ file: consuming SensitiveBytes) { self.file = file }

    /// The value, and the file that its texts are in.
    static func read(
        _ file: consuming SensitiveBytes
    ) throws(PickleError) -> PickleFile {
        var reader = PickleReader(file)
        let value = try reader.value()
        return PickleFile(value: value, contents: reader.takeFile())
    }

    private consuming func takeFile() -> SensitiveBytes { file }

    private func failure(_ problem: String, at offset: Int? = nil) -> PickleError {
        PickleError(offset: offset ?? position, problem: problem)
    }

    private mutating func value() throws(PickleError) -> PickleValue {
        guard try byte() == 0x80, try byte() == 2 else {
            throw failure("not a pickle of protocol 2", at: 0)
        }
        while true {
            let start = position
            let opcode = try byte()
            if opcode == UInt8(ascii: ".") {
                guard stack.count == 1, marks.isEmpty, position == file.count else {
                    throw failure("the end comes too early or too late", at: start)
                }
                return stack[0]
            }
            try execute(opcode, at: start)
        }
    }

    private mutating func execute(_ opcode: UInt8, at start: Int) throws(PickleError) {
        switch opcode {
        case UInt8(ascii: "N"): stack.append(.nothing)
        case 0x88: stack.append(.truth(true))
        case 0x89: stack.append(.truth(false))
        case UInt8(ascii: "K"): stack.append(.number(Int64(try unsigned(1))))
        case UInt8(ascii: "M"): stack.append(.number(Int64(try unsigned(2))))
        case UInt8(ascii: "J"): stack.append(.number(try signed(4)))
        case 0x8A: stack.append(.number(try signed(Int(try unsigned(1)))))
        case UInt8(ascii: "X"): stack.append(.text(try text()))
        case UInt8(ascii: "U"): stack.append(.bytes(try range(Int(try unsigned(1)))))
        case UInt8(ascii: "T"): stack.append(.bytes(try range(Int(try unsigned(4)))))
        case UInt8(ascii: "c"): stack.append(.callable(try global(at: start)))
        case UInt8(ascii: "q"): try remember(UInt32(try unsigned(1)))
        case UInt8(ascii: "r"): try remember(UInt32(try unsigned(4)))
        case UInt8(ascii: "h"): try recall(UInt32(try unsigned(1)), at: start)
        case UInt8(ascii: "j"): try recall(UInt32(try unsigned(4)), at: start)
        case UInt8(ascii: "R"): try reduce(at: start)
        default: try build(opcode, at: start)
        }
    }

    /// Containers.
    private mutating func build(_ opcode: UInt8, at start: Int) throws(PickleError) {
        switch opcode {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "}"): stack.append(.mapping(PickleValue.Mapping()))
        case UInt8(ascii: "]"): stack.append(.sequence(PickleValue.Sequence()))
        case UInt8(ascii: ")"): try push(tuple: [])
        case 0x85: try push(tuple: try pop(1))
        case 0x86: try push(tuple: try pop(2))
        case 0x87: try push(tuple: try pop(3))
        case UInt8(ascii: "t"): try push(tuple: try popToMark())
        case UInt8(ascii: "a"): try append(try pop(1))
        case UInt8(ascii: "e"): try append(try popToMark())
        case UInt8(ascii: "s"): try set(try pop(2))
        case UInt8(ascii: "u"): try set(try popToMark())
        default:
            throw failure("opcode \(opcode), which is not used in such a file", at: start)
        }
    }
}

// The bytes of the file.
extension PickleReader {
    private mutating func byte() throws(PickleError) -> UInt8 {
        guard position < file.count else { throw failure("the file ends here") }
        position += 1
        let index = position - 1
        return file.withSpan { $0[index] }
    }

    private mutating func range(_ count: Int) throws(PickleError) -> Range<Int> {
        guard count <= file.count - position else { throw failure("the file ends too early") }
        position += count
        return position - count..<position
    }

    /// Little-endian, of at most 4 bytes.
    private mutating func unsigned(_ count: Int) throws(PickleError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(try byte()) << UInt64(8 * index) }
        return value
    }

    private mutating func signed(_ count: Int) throws(PickleError) -> Int64 {
        guard count <= 8 else { throw failure("a number that is too large") }
        guard count > 0 else { return 0 }
        let unused = UInt64(64 - 8 * count)
        return Int64(bitPattern: try unsigned(count) << unused) >> Int64(unused)
    }

    private mutating func text() throws(PickleError) -> Range<Int> {
        let range = try range(Int(try unsigned(4)))
        let isText = file.withSpan { UTF8Check.firstInvalidByte(of: $0.extracting(range)) == nil }
        guard isText else { throw failure("text that is not UTF-8", at: range.lowerBound) }
        return range
    }

    private mutating func line() throws(PickleError) -> Range<Int> {
        let start = position
        while try byte() != UInt8(ascii: "\n") {}
        return start..<position - 1
    }

    private mutating func global(at start: Int) throws(PickleError) -> PickleCallable {
        let module = try line()
        let name = try line()
        for entry in PickleCallable.all
        where holds(module, entry.module) && holds(name, entry.name) { return entry.callable }
        throw failure("a function that is not used in such a file", at: start)
    }

    private func holds(_ range: Range<Int>, _ text: StaticString) -> Bool {
        file.withSpan { $0.extracting(range).isEqual(to: text) }
    }
}

// The stack.
extension PickleReader {
    /// Never below the last mark.
    private mutating func pop(_ count: Int) throws(PickleError) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw failure("too few values") }
        let values = Array(stack.suffix(count))
        stack.removeLast(count)
        return values
    }

    private mutating func popToMark() throws(PickleError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw failure("there is no mark") }
        let values = Array(stack[mark...])
        stack.removeLast(values.count)
        return values
    }

    private mutating func push(tuple items: [PickleValue]) throws(PickleError) {
        let depth = try depth(around: items)
        stack.append(.sequence(PickleValue.Sequence(items: items, isTuple: true, depth: depth)))
    }

    private func depth(around items: [PickleValue]) throws(PickleError) -> Int {
        let depth = 1 + (items.map { $0.depth }.max() ?? 0)
        guard depth <= Self.depthMax else { throw failure("containers within containers") }
        return depth
    }

    private mutating func append(_ items: [PickleValue]) throws(PickleError) {
        guard case .sequence(var list)? = try pop(1).first, !list.isTuple else {
            throw failure("items of something that is not a list")
        }
        list.depth = max(list.depth, try depth(around: items))
        list.items += items
        stack.append(.sequence(list))
    }

    private mutating func set(_ items: [PickleValue]) throws(PickleError) {
        guard case .mapping(var mapping)? = try pop(1).first, items.count % 2 == 0 else {
            throw failure("items of something that is not a dictionary")
        }
        mapping.depth = max(mapping.depth, try depth(around: items))
        for index in stride(from: 0, to: items.count, by: 2) {
            mapping.items.append((items[index], items[index + 1]))
        }
        stack.append(.mapping(mapping))
    }

    private mutating func remember(_ key: UInt32) throws(PickleError) {
        guard let top = stack.last, stack.count > marks.last ?? 0 else {
            throw failure("too few values")
        }
        switch top {
        case .mapping: memo[key] = .some(nil)
        case .sequence(let sequence) where !sequence.isTuple: memo[key] = .some(nil)
        default: memo[key] = top
        }
    }

    private mutating func recall(_ key: UInt32, at start: Int) throws(PickleError) {
        guard let known = memo[key], let value = known else {
            throw failure("a reference to nothing, or to a container", at: start)
        }
        stack.append(value)
    }
}

// What the functions would return.
extension PickleReader {
    private mutating func reduce(at start: Int) throws(PickleError) {
        let values = try pop(2)
        guard case .callable(let callable) = values[0], case .sequence(let list) = values[1],
            list.isTuple, let result = result(of: callable, list.items)
        else { throw failure("arguments that are not used in such a file", at: start) }
        stack.append(result)
    }

    private func result(of callable: PickleCallable, _ arguments: [PickleValue]) -> PickleValue? {
        switch callable {
        case .bytes: arguments.isEmpty ? .bytes(0..<0) : nil
        case .codecsEncode: latin1(arguments)
        case .datetime: time(arguments)
        case .timedelta: span(arguments)
        }
    }

    private func latin1(_ arguments: [PickleValue]) -> PickleValue? {
        guard arguments.count == 2, case .text(let text) = arguments[0],
            case .text(let encoding) = arguments[1], holds(encoding, "latin1"),
            file.withSpan({ $0.extracting(text).isLatin1 })
        else { return nil }
        return .latin1(text)
    }

    private func time(_ arguments: [PickleValue]) -> PickleValue? {
        guard arguments.count == 1, let state = shortBytes(arguments[0]), state.count == 10 else {
            return nil
        }
        let part = state.map { Int64($0) }
        let (year, month, day) = (part[0] << 8 | part[1], part[2], part[3])
        guard let days = CivilDate.daysSince1970(year: year, month: month, day: day),
            year >= 1, part[4] < 24, part[5] < 60, part[6] < 60
        else { return nil }
        let microseconds = part[7] << 16 | part[8] << 8 | part[9]
        guard microseconds < 1_000_000 else { return nil }
        let seconds = days * 86_400 + part[4] * 3_600 + part[5] * 60 + part[6]
        return .time(WallTime(microseconds: seconds * 1_000_000 + microseconds))
    }

    private func shortBytes(_ value: PickleValue) -> [UInt8]? {
        switch value {
        case .bytes(let range) where range.count <= 20:
            file.withSpan { span in range.map { span[$0] } }
        case .latin1(let range) where range.count <= 20:
            file.withSpan { $0.extracting(range).latin1Bytes }
        default: nil
        }
    }

    private func span(_ arguments: [PickleValue]) -> PickleValue? {
        guard arguments.count == 3, case .number(let days) = arguments[0],
            case .number(let seconds) = arguments[1], case .number(let fraction) = arguments[2],
            (-999_999_999...999_999_999).contains(days), (0..<86_400).contains(seconds),
            (0..<1_000_000).contains(fraction)
        else { return nil }
        return .span(.seconds(days * 86_400 + seconds) + .microseconds(fraction))
    }
}
