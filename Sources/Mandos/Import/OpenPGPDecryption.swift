internal import CShims.Linux
internal import Reactor

/// Opens what a Mandos server written in Python has encrypted, by running gpg(1). Waits for it, so it
/// is nothing for a server.
@safe struct OpenPGPDecryption: ~Copyable {
    enum Outcome: ~Copyable {
        case decrypted(SensitiveBytes)
        /// The passphrase is another one, or the message is broken.
        case refused
        /// There is no gpg.
        case impossible
    }

    /// gpg wants one, and leaves things in it.
    private let home: String

    init() throws(SystemError) {
        var template = Array("/tmp/mandos-import.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw SystemError(call: "mkdtemp", code: cshim_errno())
        }
        home = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["pubring.kbx", "pubring.kbx~", "trustdb.gpg", "random_seed"] {
            _ = unsafe unlink("\(home)/\(name)")
        }
        _ = unsafe rmdir(home + "/private-keys-v1.d")
        _ = unsafe rmdir(home)
    }

    /// - Parameter secret: that of clients.conf, from when `message` was made.
    func open(_ message: [UInt8], with secret: SharedSecret) throws(SystemError) -> Outcome {
        let input = try Self.memoryFile(holding: message)
        let passphrase = try Self.memoryFile()
        try unsafe Self.passphrase(of: secret).withBytes { bytes throws(SystemError) in
            try unsafe Self.write(bytes, to: passphrase)
        }
        let output = try Self.memoryFile()
        let status = run(input, passphrase, output)
        guard status != Self.notFound else { return .impossible }
        guard status == 0 else { return .refused }
        return .decrypted(try Self.contents(of: output))
    }

    /// As posix_spawnp(3) and the shell have it.
    private static let notFound: CInt = 127

    private func run(
        _ input: borrowing Descriptor, _ passphrase: borrowing Descriptor,
        _ output: borrowing Descriptor
    ) -> CInt {
        let arguments = [
            "gpg", "--homedir", home, "--batch", "--no-tty", "--quiet", "--no-options",
            "--no-autostart", "--pinentry-mode", "loopback", "--passphrase-fd", "3", "--decrypt",
        ]
        let vector = ArgumentVector(arguments)
        return unsafe cshim_run(vector.pointers, input.raw, output.raw, passphrase.raw)
    }

    /// `mandos` and the secret in hexadecimal digits or, if that is too long, as it is but for the
    /// bytes that would end a passphrase.
    private static func passphrase(of secret: SharedSecret) -> SensitiveBytes {
        let prefix = SensitiveBytes(copying: Array("mandos".utf8))
        var passphrase = SensitiveBytes(capacity: 2 * secret.count + 16)
        prefix.withSpan { passphrase.append($0) }
        let isShort = prefix.count + 2 * secret.count <= passphraseBytesMax
        unsafe secret.withBytes { bytes in
            for index in bytes.indices {
                let byte = unsafe bytes[index]
                if isShort {
                    appendDigits(of: byte, to: &passphrase)
                } else {
                    appendEscaped(byte, to: &passphrase)
                }
            }
        }
        return passphrase
    }

    private static let passphraseBytesMax = 2048

    private static func appendDigits(of byte: UInt8, to text: inout SensitiveBytes) {
        for digit in [byte >> 4, byte & 15] {
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    private static func appendEscaped(_ byte: UInt8, to text: inout SensitiveBytes) {
        func append(_ escape: StaticString) {
            escape.withUTF8Buffer { text.append(unsafe $0.span) }
        }
        switch byte {
        case UInt8(ascii: "\\"): append(#"\\"#)
        case UInt8(ascii: "\n"): append(#"\n"#)
        case 0: append(#"\x00"#)
        default: text.append(byte)
        }
    }

    private static func memoryFile() throws(SystemError) -> Descriptor {
        Descriptor(adopting: try attempt("memfd_create") { cshim_memory_file() })
    }

    private static func memoryFile(holding bytes: [UInt8]) throws(SystemError) -> Descriptor {
        let file = try memoryFile()
        try unsafe SensitiveBytes(copying: bytes).withBytes { bytes throws(SystemError) in
            try unsafe write(bytes, to: file)
        }
        return file
    }

    /// For somebody who reads it from the start.
    private static func write(
        _ bytes: UnsafeRawBufferPointer, to file: borrowing Descriptor
    ) throws(SystemError) {
        let raw = file.raw
        var written = 0
        while written < bytes.count {
            written += try attempt("pwrite") {
                unsafe pwrite(
                    raw, bytes.baseAddress! + written, bytes.count - written, off_t(written))
            }
        }
    }

    private static func contents(
        of file: borrowing Descriptor
    ) throws(SystemError) -> SensitiveBytes {
        let raw = file.raw
        var contents = SensitiveBytes()
        while true {
            let before = contents.count
            try unsafe contents.append(atLeast: 4096) { buffer throws(SystemError) in
                try attempt("pread") {
                    unsafe pread(raw, buffer.baseAddress, buffer.count, off_t(before))
                }
            }
            if contents.count == before { return contents }
        }
    }
}
