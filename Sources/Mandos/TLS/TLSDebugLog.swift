internal import CShims.GnuTLS

/// Passes what GnuTLS has to say about itself to a log, at DEBUG.
package enum TLSDebugLog {
    /// GnuTLS gives its log function no context, so this is a global.
    private nonisolated(unsafe) static var log: Log?

    /// The greatest level of detail at which GnuTLS prints no key.
    private static let detail: CInt = 8

    package static func start(_ log: Log) {
        unsafe self.log = log
        unsafe gnutls_global_set_log_function { _, message in
            guard let message = unsafe message else { return }
            unsafe TLSDebugLog.pass(message)
        }
        gnutls_global_set_log_level(detail)
    }

    private static func pass(_ message: UnsafePointer<CChar>) {
        var text = unsafe "GnuTLS: " + String(cString: message)
        if text.utf8.last == UInt8(ascii: "\n") { text.removeLast() }
        let line = text
        unsafe log?.debug(line)
    }
}
