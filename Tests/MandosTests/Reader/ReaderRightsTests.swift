import CShims.Linux
import Foundation
import Testing

@testable import Mandos

/// Runs `body` in a child that has given up its rights.
///
/// - Returns: the exit status: what `body` returns, 200 if there are no rights to be had, or 300 and the
///   number of the signal that ended it.
private func inReader(_ body: (ReaderRights) -> CInt) -> CInt {
    let parent = getpid()
    let child = cshim_fork()
    if child == 0 {
        guard let rights = ReaderRights(parent: parent) else { _exit(200) }
        _exit(body(rights))
    }
    var status: CInt = 0
    waitpid(child, &status, 0)
    return status & 0x7f == 0 ? status >> 8 & 0xff : 300 + status & 0x7f
}

private func errnoOf(_ result: CInt) -> CInt { result < 0 ? errno : 0 }

/// Each in a process of its own: fork(2) copies one thread only, and rights do not come back.
@Suite("The rights of the reader", .serialized) struct ReaderRightsTests {
    private static let isRoot = geteuid() == 0

    @Test("end at the network, at programs, processes and everything that changes files")
    func refused() async {
        await #expect(processExitsWith: .success) {
            let calls: [(String, (String) -> CInt)] = [
                ("an IPv4 socket", { _ in socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0) }),
                ("an IPv6 socket", { _ in socket(AF_INET6, CInt(SOCK_DGRAM.rawValue), 0) }),
                ("a netlink socket", { _ in socket(AF_NETLINK, CInt(SOCK_RAW.rawValue), 0) }),
                ("fork", { _ in cshim_fork() }),
                (
                    "execve",
                    { _ in
                        let arguments: [UnsafeMutablePointer<CChar>?] = [nil]
                        return execve("/bin/true", arguments, arguments)
                    }
                ),
                ("kill", { _ in kill(getppid(), 0) }),
                ("writing", { open($0, O_WRONLY) }),
                ("reading and writing", { open($0, O_RDWR) }),
                ("truncation", { truncate($0, 0) }),
                ("open with truncation", { cshim_open($0, O_RDONLY | O_TRUNC, 0) }),
                ("creation", { cshim_open($0 + "x", O_RDONLY | O_CREAT, 0o600) }),
                ("chmod", { chmod($0, 0o777) }),
                ("removal", { unlink($0) }),
                ("renaming", { rename($0, $0 + "x") }),
                ("a directory", { mkdir($0 + "x", 0o700) }),
                ("a link", { symlink("/", $0 + "x") }),
                ("another session", { _ in setsid() }),
                ("another user", { _ in cshim_set_users(12345, 12345, 12345) }),
                ("a limit", { _ in nice(1) }),
                (
                    "a pipe",
                    { _ in
                        var ends: [CInt] = [0, 0]
                        return pipe(&ends)
                    }
                ),
                ("a lock", { _ in flock(0, LOCK_SH) }),
                (
                    "code made here",
                    { _ in
                        let protection = PROT_READ | PROT_WRITE | PROT_EXEC
                        let room = mmap(nil, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                        return room == MAP_FAILED ? -1 : 0
                    }
                ),
                (
                    "code made of data",
                    { _ in
                        let protection = PROT_READ | PROT_WRITE
                        let room = mmap(nil, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                        return mprotect(room, 4096, PROT_READ | PROT_EXEC)
                    }
                ),
                ("signals by descriptor", { _ in fcntl(0, F_SETOWN, getppid()) }),
            ]
            let path = "/tmp/mandos-\(getpid())"
            try Data("content".utf8).write(to: URL(fileURLWithPath: path))
            chmod(path, 0o666)
            defer { unlink(path) }
            for (what, call) in calls {
                let code = inReader { _ in errnoOf(call(path)) }
                try #require(code == EPERM, "\(what): \(code)")
            }
            // The same calls are made by a child that has all its rights.
            try #require(socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0) >= 0)
            try #require(kill(getppid(), 0) == 0 && open(path, O_RDWR) >= 0)
        }
    }

    @Test("are enough for files and for sockets of this machine")
    func allowed() async {
        await #expect(processExitsWith: .success) {
            let code = inReader { _ in
                guard socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0) >= 0 else { return 1 }
                guard open("/etc/passwd", O_RDONLY) >= 0 else { return 2 }
                guard let directory = opendir("/etc"), readdir(directory) != nil else { return 3 }
                guard getpwnam("root") != nil else { return 4 }
                // Asks whoever knows of users, as nsswitch.conf(5) says, in vain.
                return getpwnam("nobody-of-this-name") == nil ? 0 : 5
            }
            try #require(code == 0)
        }
    }

    @Test(
        "are those of no user, but for reading what is root's alone",
        .enabled(if: isRoot, "needs root"))
    func identity() async {
        await #expect(processExitsWith: .success) {
            let directory = "/tmp/mandos-\(getpid())"
            try #require(mkdir(directory, 0o755) == 0)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let path = directory + "/file"
            try Data("content".utf8).write(to: URL(fileURLWithPath: path))
            chmod(path, 0o600)
            let user = UnprivilegedUser.current
            let code = inReader { rights in
                guard getuid() == user.user, geteuid() == user.user else { return 1 }
                guard getgid() == user.group, getgroups(0, nil) == 0 else { return 2 }
                guard Capabilities.permitted == Capabilities.readEverything else { return 3 }
                // What is in /proc of a process that others may look into belongs to its user.
                var status = stat()
                guard stat("/proc/self/fd", &status) == 0, status.st_uid == 0 else { return 4 }
                guard open(path, O_RDONLY) < 0, errno == EACCES else { return 6 }
                let file = try? ReaderFiles(rights, base: "/").read(path)
                guard file?.withSpan({ $0.string }) == "content" else { return 5 }
                return open(path, O_RDONLY) < 0 ? 0 : 7
            }
            try #require(code == 0, "\(code)")
        }
    }

    /// As in a container that does not give that right to anybody.
    @Test(
        "are root's own files and the user's, where no more can be had",
        .enabled(if: isRoot, "needs root"))
    func withoutCapability() async {
        await #expect(processExitsWith: .success) {
            var sets = cshim_capabilities()
            cshim_get_capabilities(&sets)
            let bothRights = Capabilities.readEverything | UInt64(1) << UInt64(CAP_DAC_OVERRIDE)
            let rest = sets.permitted & ~bothRights
            try #require(Capabilities.keep(rest))
            let user = UnprivilegedUser.current
            let directory = "/tmp/mandos-\(getpid())"
            try #require(mkdir(directory, 0o755) == 0)
            let paths = ["root", "user", "other"].map { directory + "/" + $0 }
            defer { try? FileManager.default.removeItem(atPath: directory) }
            for (path, owner) in zip(paths, [0, user.user, 12345]) {
                try Data("content".utf8).write(to: URL(fileURLWithPath: path))
                chmod(path, 0o600)
                try #require(chown(path, owner, owner) == 0)
            }
            let code = inReader { rights in
                guard Capabilities.areNone, geteuid() == user.user, getuid() == user.user else {
                    return 1
                }
                let files = ReaderFiles(rights, base: directory)
                for path in ["root", "user"] {
                    guard (try? files.read(path))?.count == 7 else { return 2 }
                }
                do throws(FileError) { _ = try files.read("other") } catch {
                    let expected = FileRefusal(directory + "/other", .owner(12345))
                    return error == .refused(expected) && geteuid() == user.user ? 0 : 3
                }
                return 4
            }
            try #require(code == 0, "\(code)")
        }
    }

    @Test("are not had by a reader whose server is gone already")
    func orphan() async {
        await #expect(processExitsWith: .success) {
            let child = cshim_fork()
            if child == 0 { _exit(ReaderRights(parent: getpid()) == nil ? 0 : 1) }
            var status: CInt = 0
            waitpid(child, &status, 0)
            try #require(status == 0)
        }
    }
}
