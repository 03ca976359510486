internal import Reactor

extension SelfTest {
    private static func duration(_ text: StaticString) -> Duration? {
        text.withSpan { DurationText.parse($0) }
    }

    static func durations() -> String? {
        let vectors: [(StaticString, Int64)] = [
            ("PT5M", 300), ("P1DT3M20S", 86_600), ("P1Y", 364 * 86_400), ("P1M", 28 * 86_400),
            ("P1W", 7 * 86_400), ("PT0S", 0), ("PT05M", 300), ("PT1H0M30S", 3_630),
            ("P1Y2M3DT4H5M6S", (364 + 56 + 3) * 86_400 + 4 * 3_600 + 306), ("5m 30s", 330),
            ("1d 1w", 8 * 86_400), ("", 0),
        ]
        for (text, seconds) in vectors where duration(text) != .seconds(seconds) {
            return "“\(text)” is not \(seconds) s"
        }
        return nil
    }

    static func refusedDurations() -> String? {
        let vectors: [StaticString] = [
            "P", "PT", "P1DT", "P1Y3D", "P1YT1H", "PT1H30S", "P2W2H", "PT1.5S", "pt5m", " PT5M",
            "5", "5x", "5m30s", "10 s", "1D", "-5m", "P9999999999D",
        ]
        for text in vectors where duration(text) != nil { return "“\(text)” was accepted" }
        return nil
    }

    private static func clients(_ text: StaticString) throws(ConfigErrors) -> ClientsFile {
        return try ClientsFile(
            SensitiveBytes(copying: Array(text.description.utf8)), name: "clients.conf",
            files: NoFiles(), lookup: LinuxPathLookup())
    }

    private final class NoFiles: SecretFileReader {
        func read(_ path: String) throws(FileError) -> SensitiveBytes { throw .notRegular }
    }

    static func grammar() -> String? {
        do throws(ConfigErrors) {
            let file = try clients(
                """
                # a comment
                [DEFAULT]
                timeout = PT7M
                [plain] junk
                  KEY_ID : \
                f462f7a3dbc856b94e78e9153e77ce7ef619f69ad47ca48787e76fa07aecedb8
                  host = %(name)s.example ; no comment
                  name = a
                  secret =
                    c2Vj
                    ; between continuation lines

                    cmV0
                """)
            guard file.clients.count == 1, let client = file.clients.first else {
                return "\(file.clients.count) clients, \(file.errors.map { $0.text })"
            }
            guard client.name.text == "plain", client.timeout == .seconds(420) else {
                return "wrong section or default"
            }
            guard client.host == "a.example ; no comment" else { return "host \(client.host)" }
            let secret = SharedSecret(SensitiveBytes(copying: Array("secret".utf8)))
            return client.secret == secret ? nil : "wrong secret"
        } catch {
            return error.errors.map { $0.text }.joined(separator: "; ")
        }
    }

    static func grammarErrors() -> String? {
        do throws(ConfigErrors) {
            _ = try clients("host = early\n[a]\nnothing\n[a]\n = b\n")
            return "no error was found"
        } catch {
            let lines = error.errors.map { $0.place.line }
            return lines == [1, 3, 4, 5] ? nil : "errors in lines \(lines)"
        }
    }

    static func expansion() -> String? {
        do throws(CheckerTemplateError) {
            let template = CheckerTemplate("fping -q -- %(host)s '100%%' %(timeout)s")
            let command = try template.command { variable in
                switch variable {
                case .host: "it's"
                case .timeout: Duration.seconds(90_000).clockText
                default: nil
                }
            }
            let expected = #"fping -q -- 'it'"'"'s' '100%' '1 day, 1:00:00'"#
            return command.utf8.elementsEqual(expected.utf8) ? nil : command
        } catch {
            return error.problem
        }
    }

    static func quoting() -> String? {
        let vectors: [(String, String)] = [
            ("", "''"), ("plain_@%+=:,./-", "plain_@%+=:,./-"), ("a b", "'a b'"),
            ("a'b", #"'a'"'"'b'"#), ("$(x)", "'$(x)'"), ("ü", "'ü'"), ("a\nb", "'a\nb'"),
        ]
        for (text, expected) in vectors
        where !ShellQuoting.quoted(text).utf8.elementsEqual(expected.utf8) {
            return "“\(text)” became \(ShellQuoting.quoted(text))"
        }
        return nil
    }

    static func base64() -> String? {
        let vectors: [(StaticString, String?)] = [
            ("c2VjcmV0", "secret"), (" c2Vj\n cm V0 ", "secret"), ("", ""), ("YQ==", "a"),
            ("YQ=", nil), ("Y", nil),
        ]
        for (text, expected) in vectors {
            let decoded = text.withSpan { encoded -> SharedSecret? in
                guard let bytes = Base64.decode(encoded) else { return nil }
                return SharedSecret(bytes)
            }
            let wanted = expected.map { SharedSecret(SensitiveBytes(copying: Array($0.utf8))) }
            if decoded != wanted { return "“\(text)” was decoded wrongly" }
        }
        return nil
    }
}
