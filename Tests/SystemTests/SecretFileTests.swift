import CShims.Linux
import Foundation
import Testing

extension SystemTests {
    @Suite("Files with secrets", .enabled(if: geteuid() == 0, "needs root"))
    struct SecretFileTests {
        private static let place = "expected a readable file, found"

        /// A directory of the server's user, in which that user can do what it likes.
        private struct Theirs {
            let directory: TemporaryDirectory
            let secret: SecretFile
            let path: String
            let user: passwd

            init() throws {
                directory = try TemporaryDirectory()
                user = try #require(getpwnam("_mandos")).pointee
                secret = try SecretFile(in: directory, byteCount: 300)
                path = try directory.makeDirectory("theirs")
                chown(path, user.pw_uid, user.pw_gid)
            }
        }

        @Test(
            "a secfile that the server's user swapped for a link to a file of root's is not read",
            arguments: Binary.built)
        func link(_ binary: Binary) throws {
            let theirs = try Theirs()
            defer { theirs.directory.remove() }
            let link = theirs.path + "/secret"
            symlink(theirs.secret.path, link)
            lchown(link, theirs.user.pw_uid, theirs.user.pw_gid)
            let key = try PeerKey.ed25519.get()
            var setup = Server.Setup(binary)
            setup.clients = ClientSection("machine", key: key, secretFile: link).text
            try Server.run(setup) { server in
                try server.waitForLog(
                    "ERROR", "clients.conf:", "[machine] secfile:", Self.place,
                    "“\(theirs.path)” belongs to user \(theirs.user.pw_uid): have root own it")
                #expect(try Peer.runOne(server.ipv6, key: key).bytes == 0)
            }
        }

        @Test(
            "a secfile of the server's user is read, as is a link of root's to a file of root's",
            arguments: Binary.built)
        func own(_ binary: Binary) throws {
            let theirs = try Theirs()
            defer { theirs.directory.remove() }
            let copy = theirs.path + "/secret"
            try Data(theirs.secret.bytes).write(to: URL(fileURLWithPath: copy))
            chmod(copy, 0o600)
            chown(copy, theirs.user.pw_uid, theirs.user.pw_gid)
            let link = theirs.directory.path + "/link"
            symlink(theirs.secret.path, link)
            let key = try PeerKey.ed25519.get()
            for path in [copy, link] {
                var setup = Server.Setup(binary)
                setup.clients = ClientSection("machine", key: key, secretFile: path).text
                try Server.run(setup) { server in
                    let report = try Peer.runOne(server.ipv6, key: key)
                    #expect(report.sha256 == theirs.secret.sha256)
                }
            }
        }

        @Test("modes that give secrets away are warned about at start", arguments: Binary.built)
        func modes(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let secret = try SecretFile(in: directory, byteCount: 30)
            chmod(secret.path, 0o644)
            let state = try directory.makeDirectory("state")
            chmod(state, 0o755)
            let user = try #require(getpwnam("_mandos")).pointee
            chown(state, user.pw_uid, user.pw_gid)
            let key = try PeerKey.ed25519.get()
            try directory.write(
                "clients.conf",
                ClientSection("machine", key: key, secretFile: secret.path).text.utf8)
            chmod(directory.path + "/clients.conf", 0o666)
            try directory.write("mandos.conf", "[DEFAULT]\n".utf8)
            chmod(directory.path + "/mandos.conf", 0o664)
            let program = try Program.server(binary, configuration: directory.path, state: state)
            defer { program.end() }
            let text = program.error.lines.joined(separator: "\n")
            let files = directory.path
            for line in [
                "\(files)/mandos.conf: can be changed by group 0 (mode 0664): "
                    + "run “chmod go-w \(files)/mandos.conf”",
                "\(files)/clients.conf: can be changed by everybody, can be read by everybody "
                    + "(mode 0666): run “chmod go= \(files)/clients.conf”",
                "\(secret.path): can be read by everybody (mode 0644): run “chmod go= \(secret.path)”",
                "\(state): can be read by everybody (mode 0755): run “chmod go= \(state)”",
            ] {
                #expect(text.contains("WARNING: " + line))
            }
            var status = stat()
            #expect(stat(files + "/clients.conf", &status) == 0 && status.st_mode & 0o777 == 0o666)
            program.send(SIGTERM)
            #expect(try program.waitForExit() == 0)
        }
    }
}
