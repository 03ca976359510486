import Foundation
import Testing

/// A server as “make check” has built it: one by each mode of the compiler.
struct Binary: Sendable, CustomTestStringConvertible {
    static let built: [Binary] = ["MANDOS_STATIC", "MANDOS_APPLIANCE"].compactMap { variable in
        ProcessInfo.processInfo.environment[variable].map { Binary(path: $0) }
    }

    let path: String

    var testDescription: String { path }
}
