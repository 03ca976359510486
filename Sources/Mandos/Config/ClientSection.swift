/// Turns one section of clients.conf into settings.
struct ClientSection {
    private(set) var reader: OptionReader
    private(set) var notes: [ConfigError] = []

    private let keys: ClientKeys
    let name: ClientName
    private let files: any SecretFileReader
    private let paths: PathExpansion

    init(
        _ section: INIFile.Section, of file: INIFile, keys: ClientKeys,
        files: any SecretFileReader, paths: PathExpansion
    ) {
        name = ClientName(file.title(of: section))
        let scope = INIScope(file: file, section: section, builtIn: ClientKeys.builtIn)
        reader = OptionReader(scope: scope, title: name.text)
        self.keys = keys
        self.files = files
        self.paths = paths
    }

    /// nil if anything is wrong with it: `reader.errors` then says all that is.
    mutating func settings() -> ClientSettings? {
        reader.checkReferences()
        let (keyID, keyIDText, fingerprint) = identity()
        let secret = secret()
        let settings = settings(keyID, keyIDText, fingerprint, secret)
        return reader.errors.isEmpty ? settings : nil
    }

    private mutating func settings(
        _ keyID: KeyID?, _ keyIDText: String, _ fingerprint: String, _ secret: SharedSecret?
    ) -> ClientSettings? {
        // All are read before any is missed, so that every error is found.
        let host = reader.text(keys.host)
        let checker = reader.text(keys.checker)
        let timeout = reader.duration(keys.timeout)
        let extendedTimeout = reader.duration(keys.extendedTimeout)
        let interval = interval()
        let approvalDelay = reader.duration(keys.approvalDelay)
        let approvalDuration = reader.duration(keys.approvalDuration)
        let isApprovedByDefault = reader.boolean(keys.isApprovedByDefault)
        let isEnabled = reader.boolean(keys.isEnabled)
        guard let secret, let host, let checker, let timeout, let extendedTimeout, let interval,
            let approvalDelay, let approvalDuration, let isApprovedByDefault, let isEnabled
        else { return nil }
        return ClientSettings(
            name: name, keyID: keyID, keyIDText: keyIDText, fingerprint: fingerprint,
            secret: secret, host: host, checker: checker, timeout: timeout,
            extendedTimeout: extendedTimeout, interval: interval, approvalDelay: approvalDelay,
            approvalDuration: approvalDuration, isApprovedByDefault: isApprovedByDefault,
            isEnabled: isEnabled)
    }

    /// A checker that starts again at once would never let the server rest.
    private mutating func interval() -> Duration? {
        reader.value(of: keys.interval, as: "a duration longer than zero such as PT2M") { text in
            guard let span = DurationText.parse(text), span > .zero else { return nil }
            return span
        }
    }

    private mutating func identity() -> (KeyID?, String, String) {
        if !reader.isWritten(keys.keyID), !reader.isWritten(keys.fingerprint) {
            reader.reject("expected a key_id or a fingerprint, found neither")
        }
        let text = normalized(keys.keyID)
        let fingerprint = normalized(keys.fingerprint)
        guard !text.isEmpty else {
            if fingerprint.isEmpty { note(keys.keyID, "is empty, so no key will match") }
            return (nil, text, fingerprint)
        }
        let keyID = KeyID(hex: text)
        if keyID == nil {
            note(keys.keyID, "is not 64 hexadecimal digits, so no key will match")
        } else if keyID == .ofNothing {
            note(keys.keyID, "is what broken client tools make of no key at all, and never matches")
        }
        return (keyID == .ofNothing ? nil : keyID, text, fingerprint)
    }

    /// Without spaces, upper case.
    private mutating func normalized(_ key: INIScope.Key) -> String {
        guard let text = reader.text(key) else { return "" }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 where byte != UInt8(ascii: " ") { bytes.append(byte.asciiUppercased) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func note(_ key: INIScope.Key, _ problem: String) {
        notes.append(ConfigError(place: reader.place(of: key), problem: problem))
    }
}

// The secret. No message repeats any of it.
extension ClientSection {
    private mutating func secret() -> SharedSecret? {
        if reader.scope[keys.secret] != nil { return writtenSecret() }
        if reader.scope[keys.secretFile] != nil { return secretOfFile() }
        reader.reject("expected a secret or a secfile, found neither")
        return nil
    }

    private mutating func writtenSecret() -> SharedSecret? {
        let decoded = reader.expanded(keys.secret) { text -> SharedSecret? in
            guard let bytes = Base64.decode(text) else { return nil }
            return SharedSecret(bytes)
        }
        guard let decoded else { return nil }
        if decoded == nil { reader.reject(keys.secret, "expected base64, found wrong padding") }
        if decoded?.count == 0 {
            note(keys.secret, "is empty, or has no base64 in it: the client gets an empty answer")
        }
        return decoded
    }

    private mutating func secretOfFile() -> SharedSecret? {
        let expanded = reader.expanded(keys.secretFile) { $0.contains(0) ? nil : $0.string }
        guard let path = expanded.flatMap({ $0 }) else {
            if expanded != nil { reader.reject(keys.secretFile, "expected text without NUL bytes") }
            return nil
        }
        do throws(FileError) {
            let secret = SharedSecret(try files.read(paths.expand(path)))
            if secret.count == 0 {
                note(keys.secretFile, "is an empty file: the client gets an empty answer")
            }
            return secret
        } catch {
            let found = reader.pathQuotation(of: keys.secretFile)
            reader.reject(
                keys.secretFile, "expected a readable file, found \(found): \(error.reason)")
            return nil
        }
    }
}
