import Testing

@testable import Mandos

private let key = "1ccc1c073a64baba661d74257147c2a92de2a0ede0fae324cd2d38f3348d6253"
private let other = "B729D38295554B2C82EA60AA169370880971F3FC0FF21FC725DA9CFC7715187C"
private let nothing = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"

private func read(
    _ text: String, _ files: FakeFiles = FakeFiles(), _ lookup: FakeLookup = FakeLookup()
) throws(ConfigErrors) -> ClientsFile {
    try ClientsFile(sensitive(text + "\n"), name: "clients.conf", files: files, lookup: lookup)
}

private func errors(_ text: String) throws -> [String] { try read(text).errors.map(\.text) }

struct ClientRow: Sendable {
    let text: String
    let errors: [String]

    init(_ text: String, _ errors: String...) {
        self.text = text
        self.errors = errors
    }

    static let refused = [
        ClientRow(
            "", "1: [c]: expected a key_id or a fingerprint, found neither",
            "1: [c]: expected a secret or a secfile, found neither"),
        ClientRow("key_id = \(key)", "1: [c]: expected a secret or a secfile, found neither"),
        ClientRow("secret =", "1: [c]: expected a key_id or a fingerprint, found neither"),
        ClientRow(
            "key_id = \(key)\nsecret = !c2Vj!cmV0c\nsecfile = /x",
            "3: [c] secret: expected base64, found wrong padding"),
        ClientRow(
            "key_id = \(key)\nsecret =\n a%b", "4: [c] secret: expected %% or %(name)s after a %"),
        ClientRow(
            "key_id = \(key)\nsecfile = /gone",
            "3: [c] secfile: expected a readable file, found “/gone”: No such file or directory"),
        ClientRow(
            "key_id = \(key)\nsecfile = /\0",
            "3: [c] secfile: expected text without NUL bytes"),
        ClientRow(
            "key_id = \(key)\nsecret =\ninterval = PT0S",
            "4: [c] interval: expected a duration longer than zero such as PT2M, found “PT0S”"),
        ClientRow(
            "key_id = \(key)\nsecret =\ntimeout = 5 min\nenabled =\napproval_delay = -5m",
            "4: [c] timeout: expected a duration such as PT5M, found “5 min”",
            "5: [c] enabled: expected a boolean such as yes or no, found nothing",
            "6: [c] approval_delay: expected a duration such as PT5M, found “-5m”"),
        ClientRow(
            "key_id = \(key)\nsecret =\nunused = %\nchecker = x\n  %(nowhere)s",
            "4: [c] unused: expected %% or %(name)s after a %",
            "6: [c] checker: no option “nowhere” to put in the place of %(nowhere)s"),
        ClientRow(
            "key_id = \(key)\nsecret = c2VjcmV0\ntimeout = %(secret)s",
            "4: [c] timeout: expected a duration such as PT5M, found “%(secret)s”"),
        ClientRow(
            "key_id = \(key)\nsecret =\nchecker = a\0b",
            "4: [c] checker: expected text without NUL bytes, found “a\\u{0}b”"),
    ]
}

struct ClientsFileTests {
    @Test("3.2: a client with a key and a secret has all defaults")
    func clientDefaults() throws {
        let file = try read("[sundin]\nkey_id = \(key)\nsecret = QUJD\n")
        let client = try #require(file.clients.first)
        #expect(
            file.errors.isEmpty && file.notes.isEmpty && file.rejected.isEmpty
                && file.clients.count == 1)
        #expect(client.name == ClientName("sundin") && client.keyID == KeyID(hex: key))
        #expect(client.keyIDText == key.uppercased() && client.fingerprint == "")
        #expect(bytes(of: client.secret) == [65, 66, 67] && client.host == "")
        #expect(client.checker == "fping -q -- %(host)s")
        #expect(client.timeout == .seconds(300) && client.extendedTimeout == .seconds(900))
        #expect(client.interval == .seconds(120) && client.approvalDelay == .zero)
        #expect(
            client.approvalDuration == .seconds(1) && client.isApprovedByDefault && client.isEnabled
        )
    }

    @Test("3.2: every option of a client is read")
    func clientOptions() throws {
        let file = try read(
            """
            [DEFAULT]
            timeout = PT1H
            host = ignored
            [a-1]
            key_id = 1ccc 1c07 3a64 baba 661d 7425 7147 c2a9 2de2 a0ed e0fa e324 cd2d 38f3 348d 6253
            fingerprint = 0123 4567 89ab cdef 0123
            secret =
                Q Q
                !!= =
            host = example.org
            checker = check %%(host)s %(host)s 100%%%%
            extended_timeout = 2d
            interval = PT1S
            approval_delay = PT2S
            approval_duration = PT3S
            approved_by_default = no
            enabled = False
            ssh_fingerprint = %%
            """)
        #expect(file.errors.isEmpty && file.notes.isEmpty)
        let client = try #require(file.clients.first)
        #expect(
            client.keyIDText == key.uppercased() && client.fingerprint == "0123456789ABCDEF0123")
        #expect(
            client.host == "example.org" && client.checker == "check %(host)s example.org 100%%")
        #expect(client.timeout == .seconds(3_600) && client.extendedTimeout == .seconds(172_800))
        #expect(client.interval == .seconds(1) && client.approvalDelay == .seconds(2))
        #expect(client.approvalDuration == .seconds(3))
        #expect(!client.isApprovedByDefault && !client.isEnabled)
        #expect(bytes(of: client.secret) == [65])
    }

    @Test("a file that may have been cut off is served, with a note")
    func cutOff() throws {
        func notes(_ text: String) throws -> [String] {
            try ClientsFile(
                sensitive(text), name: "clients.conf", files: FakeFiles(), lookup: FakeLookup()
            ).notes.map { $0.text }
        }
        let whole = "[a]\nkey_id = \(key)\nsecret = QQ==\n"
        #expect(try notes("") == [] && notes(whole) == [])
        let cut = try notes(whole + "host = h")
        #expect(cut.count == 1 && cut[0].hasPrefix("clients.conf: does not end with a line feed"))
    }

    @Test("11: what mandos-keygen prints is read")
    func keygenStanza() throws {
        let file = try read(
            """
            [fax.example.org]
            host = fax.example.org
            key_id = \(key)
            fingerprint = AB54A9FE9B2D6CBB5E2E1F1C1EDB9F9C6F1B4A5D
            secret =
                muleNiT2D1ffS2z7qCEK/kkCRYqoOCs2FjwPTo88yW9Rwux46Bzkp8DtdqIhwJFW
                QUJDRA==
            checker = ssh-keyscan -t ed25519 %%(host)s 2>/dev/null | grep --fixed-strings --line-regexp \
            --quiet --regexp=%%(host)s" %(ssh_fingerprint)s"
            ssh_fingerprint = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ
            """)
        #expect(file.errors.isEmpty && file.notes.isEmpty)
        let client = try #require(file.clients.first)
        #expect(client.secret.count == 52)
        #expect(
            client.checker.hasSuffix("--regexp=%(host)s\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ\"")
        )
    }

    @Test(
        "3.2: a client in error is left out, with all its errors; the others are served",
        arguments: ClientRow.refused)
    func badClient(row: ClientRow) throws {
        let file = try read("[c]\n\(row.text)\n[good]\nkey_id = \(other)\nsecret =\n")
        #expect(file.errors.map(\.text) == row.errors.map { "clients.conf:" + $0 })
        #expect(
            file.clients.map(\.name) == [ClientName("good")] && file.rejected == [ClientName("c")])
    }

    @Test("no error repeats a secret")
    func secretsInErrors() throws {
        for value in ["c2VjcmV0c", "c2Vj%cmV0", "%(c2VjcmV0/)s", "c2VjcmV0%(x)s"] {
            for message in try errors("[c]\nkey_id = \(key)\nsecret = \(value)") {
                #expect(!message.contains("c2V"), "\(message)")
            }
            for message in try errors("[c]\nkey_id = \(key)\nsecfile = \(value)") {
                #expect(!message.contains("c2V"), "\(message)")
            }
        }
        let long = "/" + String(repeating: "c2Vj", count: 20)
        for value in ["c2V jcmV0", "c2Vj", "c2Vj/cmV0", "/c2Vj+cmV0", "/c2Vj==", "/c2V\0", long] {
            let messages = try errors("[c]\nkey_id = \(key)\nsecfile = \(value)")
            #expect(messages.count == 1 && !messages[0].contains("c2V"), "\(messages)")
        }
        for path in ["/etc/mandos/a-b_c.txt", "~/secret", "$HOME/x", "${HOME}/x"] {
            let messages = try errors("[c]\nkey_id = \(key)\nsecfile = \(path)")
            #expect(messages.count == 1 && messages[0].contains("“\(path)”"), "\(messages)")
        }
    }

    @Test(
        "a mistake in DEFAULT is told once, and every client without a value of its own is left out"
    )
    func inheritedErrors() throws {
        let file = try read(
            """
            [DEFAULT]
            timeout = soon
            secret =
            x = %(y)s
            [a]
            key_id = \(key)
            y = 1
            [b]
            key_id = \(other)
            y = 1
            [c]
            fingerprint = 00
            timeout = PT1S
            y = 1
            [d]
            fingerprint = 01
            timeout = PT1S
            """)
        #expect(
            file.errors.map(\.text) == [
                "clients.conf:2: [DEFAULT] timeout: expected a duration such as PT5M, found “soon”",
                "clients.conf:4: [DEFAULT] x: no option “y” to put in the place of %(y)s",
            ])
        #expect(
            file.clients.map(\.name.text) == ["c"] && file.rejected.map(\.text) == ["a", "b", "d"])
    }

    @Test("a mistake in DEFAULT does not concern a client with a value of its own")
    func overriddenError() throws {
        let file = try read("[DEFAULT]\nx = %\n[a]\nkey_id = \(key)\nsecret =\nx = 1\n")
        #expect(file.errors.isEmpty && file.clients.count == 1)
    }

    @Test("a file that breaks the grammar is refused as a whole")
    func brokenFile() {
        let error = #expect(throws: ConfigErrors.self) {
            try read("[a]\nkey_id = \(key)\nsecret =\n[a]\njunk")
        }
        #expect(error?.errors.count == 2)
    }

    @Test("3.2: secret hides secfile, even if it is empty; a file is taken as it is")
    func secretAndFile() throws {
        let files = FakeFiles(["/home/me/s": "\0raw\n"])
        let lookup = FakeLookup(variables: ["DIR": "~"], homes: ["": "/home/me/"])
        let text =
            "[a]\nkey_id=\(key)\nsecret=\nsecfile=/x\n[b]\nkey_id=\(other)\nsecfile=${DIR}/s\n"
        let file = try read(text, files, lookup)
        #expect(file.clients.map { bytes(of: $0.secret) } == [[], Array("\0raw\n".utf8)])
        #expect(files.asked == ["/home/me/s"])
    }

    @Test(
        "3.2, 3.3: odd clients are served, with a note",
        arguments: [
            (
                "[a]\nkey_id = \(nothing)",
                "2: [a] key_id: is what broken client tools make of no key at all, and never matches"
            ),
            (
                "[a]\nkey_id = \(key)0",
                "2: [a] key_id: is not 64 hexadecimal digits, so no key will match"
            ),
            ("[a]\nfingerprint =", "1: [a] key_id: is empty, so no key will match"),
            (
                "[a.b]\nkey_id = \(key)\n[a-b]\nkey_id = \(other)",
                "3: [a-b]: is /clients/a_b_e61ab31904644883 on D-Bus, because [a.b] is /clients/a_b"
            ),
        ])
    func notes(text: String, note: String) throws {
        let file = try read("[DEFAULT]\nsecret=QUJD\n" + text)  // shifts the lines by two
        let shifted = file.notes.map { $0.text.replacing("clients.conf:", with: "") }
        let line = Int(note.prefix(1)).map { $0 + 2 } ?? 0
        #expect(shifted == ["\(line)" + note.dropFirst()])
        #expect(file.errors.isEmpty && file.rejected.isEmpty)
    }

    @Test("a key in two sections serves neither, and both places are told")
    func sharedKeys() throws {
        let file = try read(
            """
            [DEFAULT]
            secret =
            [a]
            key_id = \(key)
            fingerprint = ab
            [b]
            key_id = \(other)
            [c]
            key_id = \(key.uppercased())
            [d]
            fingerprint = A B
            [e]
            key_id = \(other)0
            """)
        #expect(file.clients.map { $0.name.text } == ["b", "e"])
        #expect(file.rejected.map { $0.text } == ["a", "c", "d"])
        #expect(file.sharedKeys.map { $0.name.text } == ["a", "c", "d"])
        #expect(
            file.errors.map { $0.text } == [
                "clients.conf:8: [c]: has the same key ID as clients.conf:3: [a]: neither is served",
                "clients.conf:10: [d]: has the same fingerprint as clients.conf:3: [a]: neither is "
                    + "served",
            ])
    }

    @Test("3.2: keys that cannot match are kept to be shown only")
    func unmatchedKeys() throws {
        let file = try read(
            "[a]\nkey_id = \(nothing)\nsecret=\n[b]\nkey_id = x é y\nsecret=\n[c]\nfingerprint = ab cd\nsecret="
        )
        #expect(file.clients.map(\.keyID) == [nil, nil, nil])
        #expect(file.clients.map(\.keyIDText) == [nothing, "XéY", ""])
        #expect(file.clients.map(\.fingerprint) == ["", "", "ABCD"])
    }

    @Test("ten thousand clients, and the last is as good as the first")
    func manyClients() throws {
        let text = (0..<10_000).map { "[c\($0)]\nfingerprint = \($0)\nsecret =\n  QUJD\n  QUJD\n" }
            .joined()
        let file = try read(text)
        #expect(file.clients.count == 10_000 && file.clients.last?.fingerprint == "9999")
    }

    @Test("a secret without a byte is told of, and permitted")
    func emptySecret() throws {
        let problem = "is empty, or has no base64 in it: the client gets an empty answer"
        let file = try read(
            "[a]\nkey_id = \(key)\nsecret =\n[b]\nkey_id = \(other)\nsecret = !!!!\n"
                + "[c]\nfingerprint = ab\nsecret = QUJD\n")
        #expect(
            file.notes.map { $0.text } == [
                "clients.conf:3: [a] secret: \(problem)", "clients.conf:6: [b] secret: \(problem)",
            ])
        #expect(file.clients.count == 3)
    }

    @Test("an option that does not exist, and that nothing refers to, is told of")
    func unusedOptions() throws {
        let problem = "there is no such option, and nothing refers to it: it has no effect"
        let file = try read(
            """
            [DEFAULT]
            secret = QUJD
            used = 1
            [a]
            key_id = \(key)
            checker = check %(used)s %%(Later)s
            enabld = no
            later = 2
            AB+x/9 = 1
            [b]
            key_id = \(other)
            enabld = no
            """)
        #expect(
            file.notes.map { $0.text } == [
                "clients.conf:7: [a] enabld: \(problem) (2 times in the file)",
                "clients.conf:9: [a]: \(problem)",
            ])
        #expect(file.clients.count == 2)
        let many = try read(
            "[a]\nkey_id = \(key)\nsecret = QUJD\n"
                + (0..<50).map { "x\($0) = 1\n" }.joined())
        #expect(many.notes.count == UnusedOptions.notesMax + 1)
        #expect(
            many.notes.last?.text == "clients.conf: 30 more names of options that do not exist")
    }
}
