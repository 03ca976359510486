internal import CShims.Linux

/// Walks over the arguments, one option at a time. The only Swift that says getopt.
///
/// getopt_long(3) keeps its state in globals: of two scanners, only the newer one works.
@safe struct OptionScanner: ~Copyable {
    enum Step {
        case option(OptionEntry, value: String?)
        case unknown(String)
        /// Everything that is neither an option nor the value of one.
        case end(strays: [String])
    }

    /// What getopt_long returns for the first long option: more than any letter.
    private static let firstLong: CInt = 256

    private let vector: ArgumentVector
    private let letters: [CChar]
    private let longOptions: [option]

    /// - Parameter arguments: as main gets them; the first is not an option but the program.
    init(_ arguments: [String]) {
        vector = ArgumentVector(arguments)
        letters = Self.letters()
        unsafe longOptions = Self.longOptions()
        cshim_getopt_reset()
    }

    /// Not to be called again after `.end`, nor after a throw.
    func next() throws(UsageError) -> Step {
        let step = unsafe cshim_getopt_long(vector.count, vector.pointers, letters, longOptions)
        switch unsafe step.value {
        case -1:
            return .end(strays: (Int(unsafe step.next)..<Int(vector.count)).map { vector[$0] })
        case CInt(UInt8(ascii: ":")):
            throw Self.missingValue(Self.entry(unsafe step.offender))
        case CInt(UInt8(ascii: "?")):
            return try refused(offender: unsafe step.offender, next: Int(unsafe step.next))
        case let value:
            return unsafe try accepted(Self.entry(value), step)
        }
    }

    private func accepted(_ entry: OptionEntry, _ step: cshim_option_step) throws(UsageError)
        -> Step
    {
        guard let pointer = unsafe step.argument else { return .option(entry, value: nil) }
        let value = unsafe String(cString: pointer)
        // Pointing to the start of an argument, it was one of its own: `-p 1`, not `-p1` or `-p=1`.
        let isSeparate =
            unsafe vector.pointers[Int(step.next) - 1] == UnsafeMutablePointer(mutating: pointer)
        if isSeparate, Self.looksLikeOption(value) { throw Self.missingValue(entry) }
        let hasEqualSign =
            unsafe !isSeparate && step.index < 0 && value.utf8.first == UInt8(ascii: "=")
        return .option(
            entry, value: hasEqualSign ? String(Substring(value.utf8.dropFirst())) : value)
    }

    /// Finds out what getopt_long did not like. It tells only the place, and the option if known.
    private func refused(offender: CInt, next: Int) throws(UsageError) -> Step {
        if offender >= Self.firstLong {
            throw UsageError("\(Self.entry(offender).longForm): takes no value")
        }
        if offender != 0 {
            let letter = [UInt8(truncatingIfNeeded: offender)]
            return .unknown("-" + String(decoding: letter, as: UTF8.self))
        }
        let written = vector[next - 1]
        let name = Substring(written.utf8.dropFirst(2).prefix { $0 != UInt8(ascii: "=") })
        let candidates = OptionTable.entries(startingWith: name)
        guard candidates.count > 1 else { return .unknown(written) }
        let forms = candidates.map { $0.longForm }.joined(separator: ", ")
        throw UsageError("--\(name): could be any of \(forms)")
    }

    private static func missingValue(_ entry: OptionEntry) -> UsageError {
        UsageError(
            "\(entry.spellings): expected a value; one that starts with “-” needs a “=” before it")
    }

    /// An argument that starts with a hyphen is no value, unless it is a number such as `-1`, `-.5`.
    private static func looksLikeOption(_ argument: String) -> Bool {
        guard argument.utf8.first == UInt8(ascii: "-") else { return false }
        let number = argument.utf8.dropFirst()
        let fraction = number.drop { $0.isASCIIDigit }
        if fraction.isEmpty { return number.isEmpty }
        return fraction.first != UInt8(ascii: ".") || fraction.count == 1
            || !fraction.dropFirst().allSatisfy { $0.isASCIIDigit }
    }

    /// The entry that a returned value or an `optopt` stands for: a letter of the table or the
    /// number of a line.
    private static func entry(_ value: CInt) -> OptionEntry {
        let entries = OptionTable.entries
        let index = entries.firstIndex { entry in entry.letter.map { CInt($0) } == value }
        return entries[index ?? Int(value - firstLong)]
    }

    /// The colon in front asks for `:` instead of `?` where a value is missing.
    private static func letters() -> [CChar] {
        var letters = [CChar(bitPattern: UInt8(ascii: ":"))]
        for entry in OptionTable.entries {
            guard let letter = entry.letter else { continue }
            letters.append(CChar(bitPattern: letter))
            if entry.placeholder != nil { letters.append(CChar(bitPattern: UInt8(ascii: ":"))) }
        }
        return letters + [0]
    }

    /// Ends with an empty entry. The names are literals, which live as long as the program.
    private static func longOptions() -> [option] {
        var options = unsafe [option]()
        for (index, entry) in OptionTable.entries.enumerated() {
            var item = unsafe option()
            unsafe item.name = UnsafeRawPointer(entry.long.utf8Start).assumingMemoryBound(
                to: CChar.self)
            unsafe item.has_arg = entry.placeholder == nil ? 0 : 1
            unsafe item.val = firstLong + CInt(index)
            unsafe options.append(item)
        }
        unsafe options.append(option())
        return unsafe options
    }
}
