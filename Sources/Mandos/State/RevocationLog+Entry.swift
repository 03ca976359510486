internal import Reactor

extension RevocationLog {
    /// One line.
    enum Entry: Equatable {
        case began(Revocation)
        case ended(Revocation.Identity)
        case touched(ClientName)
        case save(number: Int64, time: WallTime, sum: UInt64)

        /// nil unless the line is exactly as it would be written.
        init?(_ line: ArraySlice<UInt8>) {
            let words = LogWords.split(line)
            switch (words.first?.first, words.count) {
            case (UInt8(ascii: "+"), 8):
                guard let revocation = Self.revocation(words) else { return nil }
                self = .began(revocation)
            case (UInt8(ascii: "-"), 4):
                guard let identity = Self.identity(words) else { return nil }
                self = .ended(identity)
            case (UInt8(ascii: "~"), 2):
                guard let name = LogWords.text(words[1]) else { return nil }
                self = .touched(ClientName(name))
            case (UInt8(ascii: "="), 4):
                guard let number = LogWords.number(words[1]), number > 0,
                    let time = LogWords.number(words[2]), let sum = LogWords.hexadecimal(words[3])
                else { return nil }
                self = .save(number: number, time: WallTime(microseconds: time), sum: sum)
            default: return nil
            }
            guard words[0].count == 1 else { return nil }
        }

        private static func identity(_ words: [ArraySlice<UInt8>]) -> Revocation.Identity? {
            guard let name = LogWords.text(words[1]),
                let keyID = LogWords.optional(words[2], { keyID($0) }),
                let fingerprint = LogWords.optional(
                    words[3], { LogWords.text($0).map { Fingerprint($0) } })
            else { return nil }
            return Revocation.Identity(
                name: ClientName(name), key: ClientKey(keyID: keyID, fingerprint: fingerprint))
        }

        private static func keyID(_ word: ArraySlice<UInt8>) -> KeyID? {
            word.count == 64 ? KeyID(hex: String(decoding: word, as: UTF8.self)) : nil
        }

        /// A reason that is not known, as of a later version, still revokes.
        private static func revocation(_ words: [ArraySlice<UInt8>]) -> Revocation? {
            guard let identity = identity(words), let time = LogWords.number(words[4]),
                let reason = LogWords.number(words[5]),
                let absent = LogWords.optional(words[6], { LogWords.number($0) }),
                let author = LogWords.text(words[7])
            else { return nil }
            return Revocation(
                name: identity.name, keyID: identity.key.keyID,
                fingerprint: identity.key.fingerprint, when: WallTime(microseconds: time),
                reason: Revocation.Reason(rawValue: Int(reason)) ?? .disabled, by: author,
                absent: absent.map { .milliseconds($0) })
        }

        /// With its line feed.
        var line: [UInt8] {
            switch self {
            case .began(let revocation):
                let absent = revocation.absent.map { "\($0.milliseconds)" } ?? "-"
                return Array(
                    ("+ " + Self.words(of: revocation.identity)
                        + " \(revocation.when.microseconds) \(revocation.reason.rawValue) \(absent) "
                        + LogWords.written(revocation.by) + "\n").utf8)
            case .ended(let identity): return Array("- \(Self.words(of: identity))\n".utf8)
            case .touched(let name): return Array("~ \(LogWords.written(name.text))\n".utf8)
            case .save(let number, let time, let sum):
                return Array("= \(number) \(time.microseconds) \(LogWords.digits(sum))\n".utf8)
            }
        }

        private static func words(of identity: Revocation.Identity) -> String {
            let fingerprint = identity.key.fingerprint.map { LogWords.written($0.text) } ?? "-"
            return LogWords.written(identity.name.text) + " "
                + (identity.key.keyID?.hex ?? "-") + " " + fingerprint
        }
    }
}
