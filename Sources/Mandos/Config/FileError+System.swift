internal import Reactor

/// Repeats `body` while a signal interrupts it. Any other negative result is thrown.
func retrying<Result: FixedWidthInteger>(
    _ call: StaticString, _ body: () -> Result
) throws(FileError) -> Result {
    do throws(SystemError) {
        return try attempt(call, body)
    } catch {
        throw .system(code: error.code)
    }
}
