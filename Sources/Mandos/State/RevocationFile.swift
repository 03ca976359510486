internal import Reactor

/// The file `revocations.log`, as far as this server knows what is in it.
struct RevocationFile {
    private let files: StateFiles
    private var length: Int
    private var sum: Checksum
    /// The size of the entries in force when it was last written anew.
    private let startLength: Int

    /// It is written anew when it has become longer than it was then by as much, and this.
    private static let growthBytes = 65_536

    /// One that was read, and is whole.
    init(_ files: StateFiles, continuing log: RevocationLog) {
        self.files = files
        length = log.length
        sum = log.sum
        startLength = log.length
    }

    /// Writes it anew.
    init(
        _ files: StateFiles, _ mark: SaveMark, _ revocations: [Revocation], names: [ClientName]
    ) throws(SystemError) {
        self.files = files
        let bytes = RevocationLog.text(mark, revocations, names: names)
        try files.replace(files.revocationLog, by: bytes, draft: files.revocationDraft)
        length = bytes.count
        startLength = bytes.count
        var sum = Checksum()
        sum.add(bytes)
        self.sum = sum
    }

    var isGrown: Bool { length > 2 * startLength + Self.growthBytes }

    /// Adds a save. After an error it is not known what is in the file.
    ///
    /// - Returns: false if the file is not as it was left; then nothing was done.
    mutating func append(_ mark: SaveMark, _ changes: StateChanges) throws(SystemError) -> Bool {
        var sum = sum
        let bytes = RevocationLog.text(mark, changes, after: &sum)
        guard try files.append(bytes, to: files.revocationLog, length: length) else {
            return false
        }
        self.sum = sum
        length += bytes.count
        return true
    }
}
