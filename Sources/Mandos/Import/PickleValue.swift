internal import Reactor

/// A value in a pickle. Texts and bytes stay where they are, in the file: there may be secrets among
/// them.
enum PickleValue {
    case nothing
    case truth(Bool)
    case number(Int64)
    /// UTF-8, at this place of the file.
    case text(Range<Int>)
    /// The bytes themselves: what Python 2 also uses for text.
    case bytes(Range<Int>)
    /// Bytes of which each is written as the character of the same number, in UTF-8.
    case latin1(Range<Int>)
    case time(WallTime)
    case span(Duration)
    case sequence(Sequence)
    case mapping(Mapping)
    case callable(PickleCallable)

    /// A tuple or a list.
    struct Sequence {
        var items: [PickleValue] = []
        var isTuple = false
        var depth = 1
    }

    struct Mapping {
        var items: [(key: PickleValue, value: PickleValue)] = []
        var depth = 1
    }

    /// How many containers are within each other.
    var depth: Int {
        switch self {
        case .sequence(let sequence): sequence.depth
        case .mapping(let mapping): mapping.depth
        case .nothing, .truth, .number, .text, .bytes, .latin1, .time, .span, .callable: 0
        }
    }
}

/// The functions that such a file names. None of them is ever called.
enum PickleCallable: Equatable {
    case codecsEncode, bytes, datetime, timedelta

    static let all: [(module: StaticString, name: StaticString, callable: PickleCallable)] = [
        ("_codecs", "encode", .codecsEncode), ("__builtin__", "bytes", .bytes),
        ("builtins", "bytes", .bytes),
        ("datetime", "datetime", .datetime), ("datetime", "timedelta", .timedelta),
    ]
}
