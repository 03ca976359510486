/// The expansion of `%(name)s` and `%%` when a file is read: that of Python's BasicInterpolation,
/// with bounds on what a few lines can blow up to.
struct Interpolation: ~Copyable {
    /// The text itself is the first level.
    static let depthMax = 10
    /// Of one value. An honest one has a handful.
    static let referencesMax = 10_000
    /// What references may add to one value.
    static let addedBytesMax = 1 << 20

    private let scope: INIScope
    private(set) var output = SensitiveBytes()
    private var references = 0
    private var outputBytesMax = 0

    init(in scope: INIScope) { self.scope = scope }

    mutating func expand(_ text: Span<UInt8>) throws(InterpolationError) {
        output = SensitiveBytes(capacity: text.count)
        outputBytesMax = text.count + Self.addedBytesMax
        try expand(text, depth: 1, outermost: nil)
    }

    /// `outermost` is where in the text of the first level the reference stands that led here.
    private mutating func expand(
        _ text: Span<UInt8>, depth: Int, outermost: Int?
    ) throws(InterpolationError) {
        var index = 0
        while let sign = text.firstIndex(of: UInt8(ascii: "%"), in: index..<text.count) {
            output.append(text.extracting(index..<sign))
            index = try expandSign(in: text, at: sign, depth: depth, outermost: outermost ?? sign)
        }
        output.append(text.extracting(index..<text.count))
        guard output.count <= outputBytesMax else {
            throw InterpolationError(fault: .tooLarge, offset: outermost ?? 0)
        }
    }

    /// Returns where the text goes on.
    private mutating func expandSign(
        in text: Span<UInt8>, at sign: Int, depth: Int, outermost: Int
    ) throws(InterpolationError) -> Int {
        if sign + 1 < text.count, text[sign + 1] == UInt8(ascii: "%") {
            output.append(UInt8(ascii: "%"))
            return sign + 2
        }
        guard let name = Self.referenced(in: text, at: sign) else {
            throw InterpolationError(fault: .malformed, offset: outermost)
        }
        try insert(text.extracting(name), depth: depth, outermost: outermost)
        return name.upperBound + 2
    }

    /// The name in `%(name)s`, which is not empty.
    private static func referenced(in text: Span<UInt8>, at sign: Int) -> Range<Int>? {
        guard sign + 1 < text.count, text[sign + 1] == UInt8(ascii: "("),
            let end = text.firstIndex(of: UInt8(ascii: ")"), in: sign + 2..<text.count),
            end > sign + 2, end + 1 < text.count, text[end + 1] == UInt8(ascii: "s")
        else { return nil }
        return sign + 2..<end
    }

    private mutating func insert(
        _ name: Span<UInt8>, depth: Int, outermost: Int
    ) throws(InterpolationError) {
        references += 1
        guard references <= Self.referencesMax else {
            throw InterpolationError(fault: .tooLarge, offset: outermost)
        }
        guard let value = scope.value(of: name) else {
            let shown = ININame(lowercasing: name).plausibleText
            throw InterpolationError(fault: .unknownName(shown), offset: outermost)
        }
        try scope.withRaw(value) { text throws(InterpolationError) in
            if depth == Self.depthMax, text.contains(UInt8(ascii: "%")) {
                throw InterpolationError(fault: .tooDeep, offset: outermost)
            }
            try expand(text, depth: depth + 1, outermost: outermost)
        }
    }
}
