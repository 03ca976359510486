internal import CShims.Linux

/// A system call that failed: which one, and why.
package struct SystemError: Error, Equatable {
    package let call: StaticString
    /// An `errno`, see errno(3).
    package let code: CInt

    package init(call: StaticString, code: CInt) {
        self.call = call
        self.code = code
    }

    /// Such as `bind: Address already in use`.
    package var text: String { "\(call): \(reason)" }

    /// Such as `Address already in use`.
    package var reason: String { unsafe String(cString: cshim_error_text(code)) }

    package static func == (left: SystemError, right: SystemError) -> Bool {
        left.code == right.code && left.call.description == right.call.description
    }
}

/// Repeats `body` while a signal interrupts it; any other negative result is thrown.
@discardableResult
package func attempt<Result: FixedWidthInteger>(
    _ call: StaticString, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = cshim_errno()  // read before anything else can change it
        if code != EINTR { throw SystemError(call: call, code: code) }
    }
}
