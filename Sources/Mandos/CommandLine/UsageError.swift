/// What is wrong with a command line. Printed on standard error, it ends the program with status 2.
package struct UsageError: Error, Equatable {
    package static let exitStatus: CInt = 2

    /// Such as `-p/--port: expected an integer, found “x”`.
    package let problem: String

    package init(_ problem: String) { self.problem = problem }

    /// The usage summary, then `PROGRAM: error: PROBLEM`, with a line feed at the end.
    package func text(program: String) -> String {
        let line = LogText.sanitized("\(program): error: \(problem)")
        return Usage(program: program).summary + line + "\n"
    }
}
