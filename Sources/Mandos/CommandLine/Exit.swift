internal import CShims.Linux

/// Ends the process.
package enum Exit {
    package static func now(_ status: CInt) -> Never { exit(status) }
}
