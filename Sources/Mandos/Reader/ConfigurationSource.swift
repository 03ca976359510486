internal import CShims.Linux

/// Reads all of the configuration, and tells it to an `AnswerWriter`.
final class ConfigurationSource {
    /// As the operator wrote it.
    private let directory: String
    private let files: any ConfigurationFileSource
    private let lookup: any PathLookup

    /// - Parameter directory: that of mandos.conf and clients.conf.
    init(directory: String, files: any ConfigurationFileSource, lookup: any PathLookup) {
        self.directory = directory
        self.files = files
        self.lookup = lookup
    }

    func answer(to writer: AnswerWriter) {
        tellDirectory(directory, to: writer)
        _ = tell(.settings, "\(directory)/mandos.conf", to: writer)
        let path = "\(directory)/clients.conf"
        if let text = tell(.clients, path, to: writer) { tellSecrets(text, path, to: writer) }
        tellMoreClients("\(directory)/clients.d", to: writer)
        writer.end()
    }

    /// - Returns: what was told, unless there is nothing to read.
    private func tell(
        _ role: ConfigurationFile.Role, _ path: String, to writer: AnswerWriter
    ) -> SensitiveBytes? {
        do throws(FileError) {
            let contents = try files.contents(of: path)
            writer.add(role, path, contents.bytes, contents.attributes)
            return contents.takeBytes()
        } catch {
            writer.add(role, path, error: error)
            return nil
        }
    }

    /// Which files are secrets is found out just as the server will: by the same parser. What is
    /// wrong with the text is the server's to say.
    private func tellSecrets(
        _ text: consuming SensitiveBytes, _ path: String, to writer: AnswerWriter
    ) {
        guard text.withSpan({ Self.namesSecrets($0) }) else { return }
        let recorder = Recorder(files: files, writer: writer)
        _ = try? ClientsFile(text, name: path, files: recorder, lookup: lookup)
    }

    /// A file without the word has no such option. Parsing ten thousand clients for nothing would
    /// cost as much as starting.
    static func namesSecrets(_ text: Span<UInt8>) -> Bool {
        let word: StaticString = "secfile"
        guard text.count >= word.utf8CodeUnitCount else { return false }
        for start in 0...text.count - word.utf8CodeUnitCount where text[start] | 0x20 == 0x73 {
            let range = start..<start + word.utf8CodeUnitCount
            if text.extracting(range).matches(word) { return true }
        }
        return false
    }

    private func tellDirectory(_ path: String, to writer: AnswerWriter) {
        guard let attributes = files.attributes(ofDirectory: path) else { return }
        writer.add(.directory, path, SensitiveBytes(), attributes)
    }

    private func tellMoreClients(_ path: String, to writer: AnswerWriter) {
        do throws(FileError) {
            let names = try files.names(in: path, endingIn: ".conf")
            tellDirectory(path, to: writer)
            for name in names {
                _ = tell(.moreClients, "\(path)/\(name)", to: writer)
            }
        } catch {
            if !error.isMissing { writer.add(.moreClients, path, error: error) }
        }
    }
}

/// Tells of each file that is asked for. Its bytes go to the server; the parser here gets none.
private final class Recorder: SecretFileReader {
    private let files: any ConfigurationFileSource
    private let writer: AnswerWriter

    init(files: any ConfigurationFileSource, writer: AnswerWriter) {
        self.files = files
        self.writer = writer
    }

    func read(_ path: String) throws(FileError) -> SensitiveBytes {
        do throws(FileError) {
            let contents = try files.contents(of: path)
            writer.add(.secret, path, contents.bytes, contents.attributes)
        } catch {
            writer.add(.secret, path, error: error)
            throw error
        }
        return SensitiveBytes()
    }
}
