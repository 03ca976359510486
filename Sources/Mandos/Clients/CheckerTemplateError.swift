/// Why a checker's command cannot be made out of its template.
package enum CheckerTemplateError: Error, Equatable {
    /// A `%` that starts neither `%%` nor `%(name)s`, at this byte.
    case malformed(offset: Int)
    /// `%(name)` with a conversion other than `s`.
    case wrongConversion(name: String)
    case unknownName(String)
    /// No command of execve(2) can contain one.
    case containsNUL

    package var problem: String {
        switch self {
        case .malformed(let offset): "expected %% or %(name)s at byte \(offset)"
        case .wrongConversion(let name): "expected an “s” after %(\(Quotation.printable(name)))"
        case .unknownName(let name): "no value of the name “\(Quotation.printable(name))”"
        case .containsNUL: "a command cannot contain a NUL byte"
        }
    }
}
