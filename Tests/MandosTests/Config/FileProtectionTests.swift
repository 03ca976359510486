import Testing

@testable import Mandos

@Suite("Permissions that are warned about") struct FileProtectionTests {
    private static let server: UInt32 = 101
    private let judge = FileProtection(user: server, group: server)

    private func warning(
        _ kind: FileProtection.Kind, _ mode: UInt32, user: UInt32 = 0, group: UInt32 = 0
    ) -> String? {
        judge.warning(
            about: "/f", kind, FileAttributes(mode: mode, user: user, group: group))
    }

    @Test(
        "are all by which others can read a secret or change who is served",
        arguments: [
            (.secrets, 0o666, "can be changed by everybody, can be read by everybody"),
            (.secrets, 0o644, "can be read by everybody"),
            (.secrets, 0o602, "can be changed by everybody"),
            (.secrets, 0o640, "can be read by group 7"),
            (.secrets, 0o620, "can be changed by group 7"),
            (.settings, 0o666, "can be changed by everybody"),
            (.settings, 0o664, "can be changed by group 7"),
            (.directory, 0o777, "can be changed by everybody"),
            (.directory, 0o775, "can be changed by group 7"),
            (.stateDirectory, 0o755, "can be read by everybody"),
            (.stateDirectory, 0o711, "can be read by everybody"),
            (.stateDirectory, 0o750, "can be read by group 7"),
            (.stateDirectory, 0o777, "can be changed by everybody, can be read by everybody"),
        ] as [(FileProtection.Kind, UInt32, String)])
    func told(kind: FileProtection.Kind, mode: UInt32, problem: String) {
        let remedy =
            switch kind {
            case .secrets, .stateDirectory: "go="
            case .settings, .directory: "go-w"
            }
        let modeText = "0" + String(mode, radix: 8)
        #expect(
            warning(kind, mode, group: 7)
                == "/f: \(problem) (mode \(modeText)): run “chmod \(remedy) /f”")
    }

    @Test(
        "are none where root and the server are alone",
        arguments: [
            (.secrets, 0o600, 0, 0), (.secrets, 0o400, server, 7),
            (.secrets, 0o640, 0, server), (.settings, 0o644, 0, 7), (.directory, 0o755, 0, 7),
            (.directory, 0o1777, 0, 0), (.stateDirectory, 0o700, server, server),
        ] as [(FileProtection.Kind, UInt32, UInt32, UInt32)])
    func quiet(kind: FileProtection.Kind, mode: UInt32, user: UInt32, group: UInt32) {
        #expect(warning(kind, mode, user: user, group: group) == nil)
    }

    @Test("are those of an owner who is neither root nor the server")
    func owner() {
        #expect(
            warning(.secrets, 0o644, user: 1000)
                == "/f: belongs to user 1000, who can change it and can be read by everybody "
                + "(mode 0644): run “chown root /f; chmod go= /f”")
        #expect(warning(.settings, 0o600, user: 1000)?.contains("belongs to user 1000") == true)
    }
}
