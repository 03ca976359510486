import CShims.Linux
import Foundation
import Testing

@testable import Mandos

/// A tree of files of many owners, and what the reader makes of each of them.
private struct Tree {
    let top: String
    let user: UnprivilegedUser

    init() throws {
        user = UnprivilegedUser.current
        top = "/tmp/mandos-walk-\(getpid())"
        try #require(mkdir(top, 0o755) == 0)
        chmod(top, 0o755)
    }

    func directory(_ name: String, _ mode: mode_t, owner: uid_t = 0) throws {
        try #require(mkdir("\(top)/\(name)", 0o700) == 0)
        try #require(chown("\(top)/\(name)", owner, owner) == 0)
        try #require(chmod("\(top)/\(name)", mode) == 0)
    }

    func file(_ name: String, _ mode: mode_t = 0o600, owner: uid_t = 0) throws {
        try Data(name.utf8).write(to: URL(fileURLWithPath: "\(top)/\(name)"))
        try #require(chown("\(top)/\(name)", owner, owner) == 0)
        try #require(chmod("\(top)/\(name)", mode) == 0)
    }

    func link(_ name: String, to target: String, owner: uid_t = 0) throws {
        try #require(symlink(target, "\(top)/\(name)") == 0)
        try #require(lchown("\(top)/\(name)", owner, owner) == 0)
    }

    /// `read: …` or the error of each, found out by a reader.
    func outcomes(of names: [String]) throws -> [String] {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let parent = getpid()
        let child = cshim_fork()
        if child == 0 {
            guard let rights = ReaderRights(parent: parent) else { _exit(1) }
            let files = ReaderFiles(rights, base: top)
            for name in names {
                var line: String
                do throws(FileError) {
                    line = "read: " + (try files.read(name)).withSpan { $0.string }
                } catch {
                    line = Self.text(error).replacingOccurrences(of: top, with: "")
                }
                line += "\n"
                _ = write(ends[1], line, line.utf8.count)
            }
            _exit(0)
        }
        close(ends[1])
        let text = String(
            decoding: FileHandle(fileDescriptor: ends[0]).availableAll(), as: UTF8.self)
        var status: CInt = 0
        waitpid(child, &status, 0)
        try #require(status == 0)
        return text.split(separator: "\n").map { String($0) }
    }

    private static func text(_ error: FileError) -> String {
        switch error {
        case .system(let code): "errno \(code)"
        case .notRegular: "not regular"
        case .tooLarge: "too large"
        case .madeByKernel: "kernel"
        case .refused(let refusal): "\(refusal.cause) \(refusal.path)"
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: top) }
}

extension FileHandle {
    fileprivate func availableAll() -> Data { (try? readToEnd()) ?? Data() }
}

@Suite("Files that the server's user may not read", .serialized, .enabled(if: geteuid() == 0))
struct RootOnlyWalkTests {
    private static func expect(
        _ expected: [(String, String)], in tree: Tree
    ) throws {
        let outcomes = try tree.outcomes(of: expected.map { $0.0 })
        for (found, (name, outcome)) in zip(outcomes, expected) {
            try #require(found == outcome, "\(name)")
        }
        try #require(outcomes.count == expected.count)
    }

    @Test("are read where root alone can write, also through links of root's")
    func ofRoot() async {
        await #expect(processExitsWith: .success) {
            let tree = try Tree()
            defer { tree.remove() }
            try tree.directory("closed", 0o700)
            try tree.file("closed/file")
            try tree.file("file")
            try tree.link("link", to: "closed/file")
            try tree.link("absolute", to: "\(tree.top)/closed/file")
            try tree.link("directory", to: "closed")
            try tree.link("closed/up", to: "../link")
            try tree.link("loop", to: "loop2")
            try tree.link("loop2", to: "loop")
            try tree.link("closed/loop", to: "loop")
            try tree.link("closed/gone", to: "nothing")
            try Self.expect(
                [
                    ("file", "read: file"), ("closed/file", "read: closed/file"),
                    ("closed//./file", "read: closed/file"), ("link", "read: closed/file"),
                    ("absolute", "read: closed/file"), ("directory/file", "read: closed/file"),
                    ("closed/up", "read: closed/file"), ("closed/../file", "read: file"),
                    ("loop", "errno \(ELOOP)"), ("closed/loop", "errno \(ELOOP)"),
                    ("closed/gone", "errno \(ENOENT)"), ("closed/none", "errno \(ENOENT)"),
                    ("closed", "not regular"), ("closed/file/x", "errno \(ENOTDIR)"),
                ], in: tree)
        }
    }

    @Test("are not read where somebody else could have put them, which is said with the place")
    func ofOthers() async {
        await #expect(processExitsWith: .success) {
            let tree = try Tree()
            defer { tree.remove() }
            let user = tree.user.user
            try tree.file("secret")
            try tree.directory("theirs", 0o755, owner: user)
            try tree.link("theirs/link", to: "../secret", owner: user)
            try tree.link("theirs/rootlink", to: "../secret")
            try #require(Foundation.link("\(tree.top)/secret", "\(tree.top)/theirs/hard") == 0)
            try tree.directory("theirs/deep", 0o700)
            try tree.file("theirs/deep/file")
            try tree.file("theirs/own", 0o600, owner: user)
            try tree.directory("open", 0o777)
            try tree.link("open/link", to: "../secret", owner: user)
            try #require(Foundation.link("\(tree.top)/secret", "\(tree.top)/open/hard") == 0)
            try tree.directory("group", 0o775)
            try tree.file("group/file")
            try tree.directory("sticky", 0o1777)
            try tree.link("sticky/link", to: "../secret", owner: user)
            try tree.link("sticky/rootlink", to: "../secret")
            try #require(Foundation.link("\(tree.top)/secret", "\(tree.top)/sticky/hard") == 0)
            try tree.directory("sticky/closed", 0o700)
            try tree.file("sticky/closed/file")
            try tree.file("other", 0o600, owner: 12345)
            try tree.link("through", to: "theirs/hard")
            try Self.expect(
                [
                    ("theirs/own", "read: theirs/own"),
                    ("theirs/link", "owner(\(user)) /theirs"),
                    ("theirs/rootlink", "owner(\(user)) /theirs"),
                    ("theirs/hard", "owner(\(user)) /theirs"),
                    ("theirs/deep/file", "owner(\(user)) /theirs"),
                    ("through", "owner(\(user)) /theirs"),
                    ("open/link", "everybody /open"), ("open/hard", "everybody /open"),
                    ("group/file", "group(0) /group"),
                    ("sticky/link", "owner(\(user)) /sticky/link"),
                    ("sticky/rootlink", "shared /sticky/rootlink"),
                    ("sticky/hard", "shared /sticky/hard"),
                    ("sticky/closed/file", "read: sticky/closed/file"),
                    ("other", "owner(12345) /other"),
                ], in: tree)
        }
    }

    @Test("are files: FIFOs, devices, what is huge and what the kernel makes up are not waited for")
    func oddities() async {
        await #expect(processExitsWith: .success) {
            let tree = try Tree()
            defer { tree.remove() }
            try #require(mkfifo("\(tree.top)/fifo", 0o600) == 0)
            try #require(mkfifo("\(tree.top)/fifo2", 0o666) == 0)
            try #require(mknod("\(tree.top)/zero", S_IFCHR | 0o600, dev_t(1 << 8 | 5)) == 0)
            try tree.file("huge")
            try #require(truncate("\(tree.top)/huge", 1 << 40) == 0)
            // Of root alone, and there is nothing else that could refuse it.
            let allocations = "/proc/vmallocinfo"
            try tree.link("root", to: access(allocations, F_OK) == 0 ? allocations : "/proc/stat")
            try tree.link("self", to: "/proc/self/status")
            try Self.expect(
                [
                    ("fifo", "not regular"), ("fifo2", "not regular"), ("zero", "not regular"),
                    ("huge", "too large"), ("self", "kernel"), ("root", "kernel"),
                ], in: tree)
        }
    }

    /// The name leads to a file of the user's own at one moment, and to root's at the next.
    @Test("row 9: are not read by a race of names either")
    func race() async {
        await #expect(processExitsWith: .success) {
            let tree = try Tree()
            defer { tree.remove() }
            let user = tree.user.user
            try tree.file("secret")
            try tree.directory("theirs", 0o755, owner: user)
            try tree.file("theirs/a", 0o600, owner: user)
            try tree.link("theirs/b", to: "../secret", owner: user)
            try tree.directory("closed", 0o755)
            try tree.file("closed/file")
            try tree.link("theirs/dir", to: "../closed", owner: user)
            let swapper = cshim_fork()
            if swapper == 0 {
                _ = cshim_set_users(user, user, user)
                let names = ["a", "b", "c"].map { "\(tree.top)/theirs/\($0)" }
                while getppid() != 1 {
                    for (old, new) in [(0, 2), (1, 0), (2, 1)] { rename(names[old], names[new]) }
                }
                _exit(0)
            }
            defer {
                kill(swapper, SIGKILL)
                waitpid(swapper, nil, 0)
            }
            let names = Array(repeating: ["theirs/a", "theirs/b"], count: 2_000).flatMap { $0 }
            for outcome in try tree.outcomes(of: names) {
                try #require(!outcome.hasSuffix("secret"), "\(outcome)")
            }
        }
    }
}
