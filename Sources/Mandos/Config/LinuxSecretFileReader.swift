internal import CShims.Linux
package import Reactor

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
        return try contents(of: file).takeBytes()
    }

    /// Opens it with the rights of this process, and follows links.
    package static func open(_ path: String) throws(FileError) -> Descriptor {
        let file = Descriptor(
            adopting: try retrying("open") { unsafe cshim_open(path, O_RDONLY | O_NONBLOCK, 0) })
        try refuseFileOfKernel(file)
        return file
    }

    /// A file in /proc has no size, may wait, and tells of processes.
    static func refuseFileOfKernel(_ file: borrowing Descriptor) throws(FileError) {
        let raw = file.raw
        guard try retrying("fstatfs", { cshim_is_made_by_kernel(raw) }) == 0 else {
            throw .madeByKernel
        }
    }

    /// - Parameter file: open for reading, at its beginning.
    package func contents(of file: borrowing Descriptor) throws(FileError) -> FileContents {
        let (expected, attributes) = try Self.examine(file)
        guard expected <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        var contents = SensitiveBytes(capacity: expected + 1)  // one more, to see the end
        while try Self.readMore(of: file, into: &contents) {
            guard contents.count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        }
        return FileContents(contents, attributes)
    }

    private static func examine(
        _ file: borrowing Descriptor
    ) throws(FileError) -> (size: Int, FileAttributes) {
        var status = stat()
        let raw = file.raw
        _ = try retrying("fstat") { unsafe fstat(raw, &status) }
        let attributes = FileAttributes(status)
        guard attributes.isRegular else { throw .notRegular }
        return (Int(status.st_size), attributes)
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
