/// What the names of options mean within one section: its own options, else those of `[DEFAULT]`,
/// else the built-in ones.
struct INIScope {
    let file: INIFile
    /// nil for `[DEFAULT]` alone.
    let section: INIFile.Section?
    let builtIn: BuiltInDefaults

    enum Value {
        case written(INIFile.Option)
        case builtIn(StaticString)
    }

    /// A name that is looked up in many sections of one file.
    struct Key {
        let name: StaticString
        var text: String { name.description }
        fileprivate let number: UInt32?
        fileprivate let builtIn: StaticString?

        init(_ name: StaticString, in file: INIFile, builtIn: BuiltInDefaults) {
            self.name = name
            number = file.number(of: ININame(name))
            self.builtIn = name.withSpan { builtIn.value(of: $0) }
        }
    }

    subscript(key: Key) -> Value? {
        if let number = key.number, let option = file.option(number, in: section) {
            return .written(option)
        }
        return key.builtIn.map { .builtIn($0) }
    }

    func value(of name: Span<UInt8>) -> Value? {
        if let number = file.number(of: ININame(lowercasing: name)),
            let option = file.option(number, in: section)
        {
            return .written(option)
        }
        return builtIn.value(of: name).map { .builtIn($0) }
    }

    /// Lends the value as it is written.
    func withRaw<Result, Failure: Error>(
        _ value: Value, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch value {
        case .written(let option): try file.withValue(of: option, body)
        case .builtIn(let text): try text.withSpan(body)
        }
    }

    /// Lends the value after the replacement of all references.
    func withExpanded<Result>(
        _ value: Value, _ body: (Span<UInt8>) -> Result
    ) throws(InterpolationError) -> Result {
        if case .written(let option) = value, !option.hasPercentSign {
            return file.withValue(of: option, body)
        }
        var interpolation = Interpolation(in: self)
        try withRaw(value) { text throws(InterpolationError) in try interpolation.expand(text) }
        return interpolation.output.withSpan(body)
    }
}

extension StaticString {
    func withSpan<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(hasPointerRepresentation)
        let bytes = unsafe UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
        return try body(unsafe bytes.span)
    }
}
