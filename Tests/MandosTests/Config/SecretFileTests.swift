import CShims.Linux
import Foundation
import Testing

@testable import Mandos
@testable import Reactor

private func lookup() -> FakeLookup {
    FakeLookup(
        variables: ["A": "one", "B_2": "$A", "HOME": "/home/me/", "EMPTY": ""],
        homes: ["you": "/home/you", "root": "/", "": "/nowhere"])
}

/// Reads a file of `bytes`; the count of what was read, or why not.
private func outcome(of path: String, bytesMax: Int = 1 << 20) -> Result<[UInt8], FileError> {
    do throws(FileError) {
        let secret = try LinuxSecretFileReader(bytesMax: bytesMax).read(path)
        return .success(secret.withSpan { bytes(of: $0) })
    } catch { return .failure(error) }
}

struct SecretFileTests {
    @Test(
        "paths of secret files are expanded as os.path does it",
        arguments: [
            ("/a", "/a"), ("$A", "one"), ("${A}x", "onex"), ("$A/$A", "one/one"), ("$Ax", "$Ax"),
            ("$A-x", "one-x"),
            ("$B_2", "$A"), ("$NONE/${NONE}", "$NONE/${NONE}"), ("$", "$"), ("$$A", "$one"),
            ("${A", "${A"),
            ("${}", "${}"), ("a$é", "a$é"), ("${EMPTY}x", "x"), ("~", "/home/me"),
            ("~/x", "/home/me/x"),
            ("~you/x", "/home/you/x"), ("~nobody/x", "~nobody/x"), ("~root", "/"),
            ("~root/x", "/x"),
            ("a~", "a~"),
            ("$EMPTY~/x", "/home/me/x"), ("", ""),
        ] as [(String, String)])
    func paths(path: String, expanded: String) {
        #expect(PathExpansion(lookup: lookup()).expand(path) == expanded)
    }

    @Test("without HOME, the user database says where home is")
    func noHome() {
        let lookup = FakeLookup(homes: ["": "/home/db"])
        #expect(PathExpansion(lookup: lookup).expand("~/x") == "/home/db/x")
        #expect(PathExpansion(lookup: FakeLookup()).expand("~/x") == "~/x")
    }

    @Test("the environment and the users of this machine are found")
    func realLookup() {
        let lookup = LinuxPathLookup()
        #expect(lookup.variable("PATH") == ProcessInfo.processInfo.environment["PATH"])
        #expect(lookup.variable("NO_SUCH_VARIABLE") == nil)
        #expect(lookup.homeDirectory(of: "root") == "/root")
        #expect(lookup.homeDirectory(of: "no such user") == nil)
        #expect(lookup.homeDirectory(of: nil) != nil)
    }

    @Test("a secret file is read as it is, up to the limit and not beyond")
    func readFiles() throws {
        let path = NSTemporaryDirectory() + "mandos-secret-\(UUID().uuidString)"
        defer { unlink(path) }
        for size in [0, 1, 4_095, 4_096, 65_536] {
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            try Data(content).write(to: URL(fileURLWithPath: path))
            #expect(outcome(of: path) == .success(content))
            #expect(outcome(of: path, bytesMax: size) == .success(content))
            if size > 0 {
                #expect(
                    outcome(of: path, bytesMax: size - 1) == .failure(.tooLarge(bytesMax: size - 1))
                )
            }
        }
    }

    @Test("a file that says it is too large costs no memory")
    func sparseFile() throws {
        let path = NSTemporaryDirectory() + "mandos-sparse-\(UUID().uuidString)"
        defer { unlink(path) }
        try Data().write(to: URL(fileURLWithPath: path))
        try #require(truncate(path, 1 << 40) == 0)
        #expect(outcome(of: path) == .failure(.tooLarge(bytesMax: 1 << 20)))
    }

    @Test("a file that does not say its size is read to its end, or to the limit")
    func filesOfNoSize() throws {
        var file = Descriptor(adopting: open("/proc/self/maps", O_RDONLY))
        let content = try LinuxSecretFileReader().contents(of: file)
        #expect(content.bytes.count > 100)
        file = Descriptor(adopting: open("/proc/self/maps", O_RDONLY))
        #expect(throws: FileError.tooLarge(bytesMax: 10)) {
            _ = try LinuxSecretFileReader(bytesMax: 10).contents(of: file)
        }
    }

    @Test("what the kernel makes up, such as all of /proc, is refused")
    func madeByKernel() {
        for path in ["/proc/self/maps", "/proc/kmsg", "/sys/kernel/uevent_seqnum"]
        where access(path, R_OK) == 0 {
            #expect(outcome(of: path) == .failure(.madeByKernel))
        }
    }

    @Test("what is not a regular file is refused without waiting for it")
    func notRegular() throws {
        let path = NSTemporaryDirectory() + "mandos-fifo-\(UUID().uuidString)"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        for path in [path, "/dev/zero", "/tmp"] {
            #expect(outcome(of: path) == .failure(.notRegular))
        }
        #expect(outcome(of: "/no/such/file") == .failure(.system(code: ENOENT)))
        #expect(FileError.system(code: ENOENT).isMissing && !FileError.notRegular.isMissing)
    }
}
