/// Why a file is not the state of a Mandos server written in Python.
package struct PickleError: Error, Equatable {
    /// Byte in the file; nil if it is about what the file says as a whole.
    package let offset: Int?
    package let problem: String

    package var text: String { offset.map { "byte \($0): \(problem)" } ?? problem }
}
