internal import CShims.Linux

/// An argument vector of its own for getopt_long(3), which keeps pointers into it and reorders it.
@safe struct ArgumentVector: ~Copyable {
    let count: CInt
    /// Ends with a null pointer, as that of main does.
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ arguments: [String]) {
        unsafe pointers = .allocate(capacity: arguments.count + 1)
        count = CInt(arguments.count)
        for (index, argument) in arguments.enumerated() {
            unsafe pointers[index] = strdup(argument)
        }
        unsafe pointers[arguments.count] = nil
    }

    /// Reordered or not, they are the same strings.
    deinit {
        for index in 0..<Int(count) { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }

    subscript(index: Int) -> String {
        precondition(index >= 0 && index < count)
        return unsafe pointers[index].map { unsafe String(cString: $0) } ?? ""
    }
}
