import Testing

@testable import Mandos

@Suite("The state directory") struct StateOwnershipTests {
    private static let command = "run “chown -R _mandos:_mandos /s && chmod 700 /s”"

    private func ownership(_ files: [String: FileAttributes]) -> StateOwnership {
        StateOwnership(
            "/s", of: UnprivilegedUser(user: 101, group: 102), owner: "_mandos:_mandos"
        ) { files[$0] }
    }

    private func file(_ mode: UInt32, user: UInt32) -> FileAttributes {
        FileAttributes(mode: mode, user: user, group: 0)
    }

    @Test("that belongs to root or to another user has to be given to the server, with all in it")
    func directory() {
        for user in [0, 999] as [UInt32] {
            let files = ownership(["/s": file(0o755, user: user)])
            #expect(
                files.problem
                    == "/s: belongs to user \(user), not to the server (_mandos:_mandos): "
                    + Self.command)
            #expect(files.remedy == files.problem)
        }
    }

    @Test("with a file of root's in it has to be given to the server")
    func oneFile() {
        let files = ownership(["/s": file(0o700, user: 101), "/s/clients.db": file(0o600, user: 0)])
        #expect(
            files.problem
                == "/s/clients.db: belongs to user 0, not to the server (_mandos:_mandos): "
                + Self.command)
    }

    @Test("in which its owner may not write is told of with the command that helps")
    func modes() {
        #expect(
            ownership(["/s": file(0o500, user: 101)]).problem
                == "/s: the server may not use it (mode 0500): run “chmod u=rwx /s”")
        #expect(
            ownership(["/s": file(0o700, user: 101), "/s/clients.key": file(0o200, user: 101)])
                .problem
                == "/s/clients.key: the server may not use it (mode 0200): "
                + "run “chmod u=rw /s/clients.key”")
    }

    @Test("that belongs to the server, or is still to be made, is no problem")
    func fine() {
        let files = ownership([
            "/s": file(0o700, user: 101), "/s/clients.db": file(0o600, user: 101),
            "/s/clients.pickle": file(0o600, user: 0),
        ])
        #expect(files.problem == nil)
        #expect(files.remedy == nil)
        #expect(ownership([:]).problem == nil)
    }

    @Test("that the server cannot make is made by a command")
    func missing() {
        #expect(
            ownership([:]).remedy == "run “install -d -o _mandos -g _mandos -m 700 /s”")
    }
}
