internal import CShims.Linux

/// Standard output and standard error, for what a person at a terminal is to read.
package enum StandardStream {
    package static func print(_ text: String) { write(text, to: STDOUT_FILENO) }
    package static func printError(_ text: String) { write(text, to: STDERR_FILENO) }

    /// What another program has said, as it is.
    static func printError(_ bytes: Span<UInt8>) {
        var copy: [UInt8] = []
        for index in bytes.indices { copy.append(bytes[index]) }
        write(copy[...], to: STDERR_FILENO)
    }

    /// Writes all of it. Nobody can be told of a failure, so the rest is then left out.
    static func write(_ text: String, to descriptor: CInt) {
        write(Array(text.utf8)[...], to: descriptor)
    }

    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) {
        var bytes = bytes
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe CShims.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if cshim_errno() != EINTR {
                return
            }
        }
    }
}
