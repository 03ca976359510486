internal import CShims.Linux
internal import Reactor

/// Reads files straight into memory that will be wiped.
package final class LinuxSecretFileReader: SecretFileReader {
    /// A secret is a few kilobytes; a thousand times that is an accident.
    package static let bytesMax = 64 << 20

    private let bytesMax: Int

    /// - Parameter bytesMax: a larger file is refused.
    package init(bytesMax: Int = LinuxSecretFileReader.bytesMax) { self.bytesMax = bytesMax }

    /// Never waits for a FIFO or a device: what is no regular file is refused.
    package func read(_ path: String) throws(FileError) -> SensitiveBytes {
        let file = try Self.open(path)
        let expected = try Self.size(of: file)
        guard expected <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        var contents = SensitiveBytes(capacity: expected + 1)  // one more, to see the end
        while try Self.readMore(of: file, into: &contents) {
            guard contents.count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        }
        return contents
    }

    private static func open(_ path: String) throws(FileError) -> Descriptor {
        Descriptor(
            adopting: try retrying("open") { unsafe cshim_open(path, O_RDONLY | O_NONBLOCK, 0) })
    }

    private static func size(of file: borrowing Descriptor) throws(FileError) -> Int {
        var status = stat()
        let raw = file.raw
        _ = try retrying("fstat") { unsafe fstat(raw, &status) }
        guard CInt(status.st_mode) & S_IFMT == S_IFREG else { throw .notRegular }
        return Int(status.st_size)
    }

    /// False at the end of the file.
    private static func readMore(
        of file: borrowing Descriptor, into contents: inout SensitiveBytes
    ) throws(FileError) -> Bool {
        let raw = file.raw
        let before = contents.count
        try unsafe contents.append(atLeast: 1) { buffer throws(FileError) in
            try retrying("read") { unsafe readBytes(raw, into: buffer) }
        }
        return contents.count > before
    }
}

/// Under a name of its own: within the class, `read` is a method.
private func readBytes(_ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    unsafe read(descriptor, buffer.baseAddress, buffer.count)
}

private func retrying<Result: FixedWidthInteger>(
    _ call: StaticString, _ body: () -> Result
) throws(FileError) -> Result {
    do throws(SystemError) {
        return try attempt(call, body)
    } catch {
        throw .system(code: error.code)
    }
}
