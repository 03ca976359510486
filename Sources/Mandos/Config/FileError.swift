internal import CShims.Linux

/// Why a file could not be read.
package enum FileError: Error, Equatable {
    /// An `errno`, see errno(3).
    case system(code: CInt)
    case notRegular
    case tooLarge(bytesMax: Int)
    /// A file that the kernel makes up, as those in /proc.
    case madeByKernel
    case refused(FileRefusal)

    package var isMissing: Bool { self == .system(code: ENOENT) }

    /// Such as `No such file or directory`.
    package var reason: String {
        switch self {
        case .system(let code): unsafe String(cString: cshim_error_text(code))
        case .notRegular: "not a regular file"
        case .tooLarge(let bytesMax): "larger than \(bytesMax) bytes"
        case .madeByKernel: "made up by the kernel, as what is in /proc: no file to read from"
        case .refused(let refusal): refusal.reason
        }
    }
}
