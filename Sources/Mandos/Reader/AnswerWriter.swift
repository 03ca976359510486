/// Writes the frames of an answer, and keeps it within the limits of `AnswerAssembly`.
final class AnswerWriter {
    /// Takes all bytes, or returns false: nobody reads them any more.
    private let write: (Span<UInt8>) -> Bool
    private var bytesLeft = AnswerAssembly.bytesMax - FrameHeader.count
    /// Thousands of small files are no thousands of system calls.
    private var pending = SensitiveBytes(capacity: AnswerWriter.pendingMax)
    private(set) var isBroken = false

    private static let pendingMax = 64 << 10

    init(_ write: @escaping (Span<UInt8>) -> Bool) { self.write = write }

    func add(
        _ role: ConfigurationFile.Role, _ path: String, _ contents: borrowing SensitiveBytes,
        _ attributes: FileAttributes? = nil
    ) {
        guard contents.count <= bytesLeft - reserve(for: path) else {
            return add(role, path, error: .tooLarge(bytesMax: max(1, bytesLeft)))
        }
        announce(role, path)
        if let attributes {
            bytesLeft -= FileAttributes.encodedCount
            send(.attributes, SensitiveBytes(copying: attributes.encoded))
        }
        bytesLeft -= contents.count
        send(.contents, contents)
    }

    func add(_ role: ConfigurationFile.Role, _ path: String, error: FileError) {
        announce(role, path)
        let encoded = error.encoded
        bytesLeft -= encoded.count
        send(.failure, SensitiveBytes(copying: encoded))
    }

    func end() {
        send(.end, SensitiveBytes())
        flush()
    }

    private func announce(_ role: ConfigurationFile.Role, _ path: String) {
        let body = [role.rawValue] + Array(path.utf8.prefix(Frame.pathBytesMax))
        bytesLeft -= body.count
        send(.file, SensitiveBytes(copying: body))
    }

    /// For its name, and its attributes or why it is left out.
    private func reserve(for path: String) -> Int {
        path.utf8.count + 1 + FileAttributes.encodedCount
    }

    private func send(_ kind: Frame.Kind, _ body: borrowing SensitiveBytes) {
        let header = FrameHeader(kind, bodyCount: body.count).encoded
        if pending.count + header.count + body.count > Self.pendingMax { flush() }
        pending.append(header.span)
        guard pending.count + body.count > Self.pendingMax else {
            return body.withSpan { pending.append($0) }
        }
        flush()
        if !isBroken { isBroken = !body.withSpan { write($0) } }
    }

    private func flush() {
        guard !pending.isEmpty else { return }
        if !isBroken { isBroken = !pending.withSpan { write($0) } }
        pending = SensitiveBytes(capacity: Self.pendingMax)
    }
}
