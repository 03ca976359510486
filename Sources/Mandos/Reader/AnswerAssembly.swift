/// Makes an answer of the reader from its frames, and accepts nothing that is not one.
struct AnswerAssembly: ~Copyable {
    enum Progress { case incomplete, complete, broken }

    let files = ConfigurationFiles()
    /// Named, but neither its bytes nor an error have come yet.
    private var announced: (role: ConfigurationFile.Role, path: String)?
    /// Of the file that is announced.
    private var attributes: FileAttributes?
    private var bytesLeft = Self.bytesMax

    /// Of all files together: what the server is willing to hold at a time.
    static let bytesMax = 256 << 20

    mutating func take(_ frame: consuming Frame) -> Progress {
        bytesLeft -= frame.body.count
        guard bytesLeft >= 0 else { return .broken }
        switch frame.kind {
        case .request: return .broken
        case .file: return announce(frame.body)
        case .contents:
            guard let (role, path) = announced.take() else { return .broken }
            return add(
                ConfigurationFile(role, path, contents: Self.body(of: frame), attributes.take()))
        case .attributes:
            guard announced != nil, attributes == nil else { return .broken }
            attributes = frame.body.withSpan { FileAttributes($0) }
            return attributes == nil ? .broken : .incomplete
        case .failure:
            guard attributes == nil, let (role, path) = announced.take(),
                let error = frame.body.withSpan({ FileError($0) })
            else { return .broken }
            return add(ConfigurationFile(role, path, error: error))
        case .end:
            guard announced == nil, files.clients != nil, files.settings != nil else {
                return .broken
            }
            return .complete
        }
    }

    private static func body(of frame: consuming Frame) -> SensitiveBytes { frame.body }

    private mutating func announce(_ body: borrowing SensitiveBytes) -> Progress {
        guard announced == nil else { return .broken }
        let found = body.withSpan { bytes -> (ConfigurationFile.Role, String)? in
            guard bytes.count > 1, let role = ConfigurationFile.Role(rawValue: bytes[0]) else {
                return nil
            }
            return (role, bytes.extracting(1..<bytes.count).string)
        }
        guard let found else { return .broken }
        announced = (role: found.0, path: found.1)
        return .incomplete
    }

    private func add(_ file: ConfigurationFile) -> Progress {
        files.add(file) ? .incomplete : .broken
    }
}
