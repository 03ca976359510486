/// Writes the frames of an answer, and keeps it within the limits of `AnswerAssembly`.
final class AnswerWriter {
    /// Takes all bytes, or returns false: nobody reads them any more.
    private let write: (Span<UInt8>) -> Bool
    private var bytesLeft = AnswerAssembly.bytesMax - FrameHeader.count
    private(set) var isBroken = false

    init(_ write: @escaping (Span<UInt8>) -> Bool) { self.write = write }

    func add(_ role: ConfigurationFile.Role, _ path: String, _ contents: borrowing SensitiveBytes) {
        guard contents.count <= bytesLeft - reserve(for: path) else {
            return add(role, path, error: .tooLarge(bytesMax: max(1, bytesLeft)))
        }
        announce(role, path)
        bytesLeft -= contents.count
        send(.contents, contents)
    }

    func add(_ role: ConfigurationFile.Role, _ path: String, error: FileError) {
        announce(role, path)
        bytesLeft -= FileError.encodedCount
        send(.failure, SensitiveBytes(copying: error.encoded))
    }

    func end() { send(.end, SensitiveBytes()) }

    private func announce(_ role: ConfigurationFile.Role, _ path: String) {
        let body = [role.rawValue] + Array(path.utf8.prefix(Frame.pathBytesMax))
        bytesLeft -= body.count
        send(.file, SensitiveBytes(copying: body))
    }

    private func reserve(for path: String) -> Int { path.utf8.count + 1 + FileError.encodedCount }

    private func send(_ kind: Frame.Kind, _ body: borrowing SensitiveBytes) {
        guard !isBroken else { return }
        let header = FrameHeader(kind, bodyCount: body.count).encoded
        isBroken = !(write(header.span) && body.withSpan { write($0) })
    }
}
