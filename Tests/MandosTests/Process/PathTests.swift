import CShims.Linux
import Testing

@testable import Mandos

@Suite("Paths") struct PathTests {
    @Test(
        "are made absolute by where the server was started",
        arguments: [
            ("/etc/mandos", "/home", "/etc/mandos"), ("conf", "/home/me", "/home/me/conf"),
            (".", "/home", "/home/."), ("conf", "/", "/conf"), ("", "/home", "/home/"),
        ])
    func absolute(path: String, base: String, expected: String) {
        #expect(WorkingDirectory.absolute(path, from: base) == expected)
    }

    @Test("9.3: the PID file is in /run, or in /var/run where that is no directory")
    func pidFile() {
        #expect(PIDFile.path(runIsDirectory: true) == "/run/mandos.pid")
        #expect(PIDFile.path(runIsDirectory: false) == "/var/run/mandos.pid")
    }
}
