import Foundation
import Testing

extension SystemTests {
    @Suite("Installation", .enabled(if: !Binary.built.isEmpty, "nothing is built"))
    struct InstallationTests {
        private static let directories = ["etc", "etc/mandos", "etc/default"]

        /// Directories that an operator has closed stay closed, and changed files are kept.
        @Test("row 12: modes and contents of what is there stay as they are")
        func modes() throws {
            let target = try TemporaryDirectory()
            defer { target.remove() }
            for name in Self.directories {
                chmod(try target.makeDirectory(name), 0o700)
            }
            let files = ["etc/mandos/clients.conf", "etc/mandos/mandos.conf", "etc/default/mandos"]
            for name in files { chmod(try target.write(name, "mine".utf8), 0o600) }
            try install(into: target)
            for name in Self.directories { #expect(try mode(of: name, in: target) == 0o700) }
            for name in files {
                #expect(try mode(of: name, in: target) == 0o600)
                #expect(try contents(of: name, in: target) == "mine")
            }
        }

        @Test("row 12: in a new place, secrets are for root alone")
        func secrets() throws {
            let target = try TemporaryDirectory()
            defer { target.remove() }
            try install(into: target)
            #expect(try mode(of: "etc/mandos/clients.conf", in: target) == 0o600)
            #expect(try mode(of: "usr/sbin/mandos", in: target) == 0o755)
            try install(into: target)
            #expect(try mode(of: "etc/mandos/clients.conf", in: target) == 0o600)
        }

        private func install(into target: TemporaryDirectory) throws {
            try Program.output(
                "/usr/bin/make", "--no-print-directory", "-C", Repository.path("."),
                "install-files", "install-systemd", "DESTDIR=\(target.path)")
        }

        private func mode(of name: String, in target: TemporaryDirectory) throws -> Int? {
            let path = target.path + "/" + name
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return attributes[.posixPermissions] as? Int
        }

        private func contents(of name: String, in target: TemporaryDirectory) throws -> String {
            try String(contentsOfFile: target.path + "/" + name, encoding: .utf8)
        }
    }
}
