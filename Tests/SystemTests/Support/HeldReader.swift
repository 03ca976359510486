import CShims.Linux
import Foundation

/// A server whose reader waits, when it is about to open clients.conf, until it is let go on: as a
/// rule it is gone before a test could look at it.
enum HeldReader {
    /// - Parameter prefix: goes before the command, such as `setpriv` and its options.
    static func run(
        _ binary: Binary, prefix: [String] = [],
        _ body: (_ reader: ForeignProcess, _ server: ForeignProcess) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        chmod(directory.path, 0o755)
        let library = try library(in: directory)
        try directory.write("clients.conf", "".utf8)
        chmod(directory.path + "/clients.conf", 0o644)
        let port = try ListeningSocket.findFreePort()
        let command = [
            binary.path, "--configdir", directory.path, "--no-zeroconf", "--no-dbus",
            "--no-restore", "--debug", "--port", String(port),
        ]
        let program = try Program(
            prefix + ["env", "LD_PRELOAD=\(library)"] + command)
        defer { program.end() }
        let server = try ForeignProcess(program.pid)
        try body(reader(of: server), server)
        if server.isGone { return }
        try directory.write("go", "".utf8)
        try program.error.first("listening") { $0.contains("INFO: listening on") }
        program.send(SIGTERM)
        _ = try program.waitForExit()
    }

    private static func library(in directory: TemporaryDirectory) throws -> String {
        let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <stdarg.h>
            #include <string.h>
            #include <unistd.h>
            static int wait_and_open(const char *name, const char *path, int flags, mode_t mode) {
                const char *end = strrchr(path, '/');
                if (end && !strcmp(end, "/clients.conf"))
                    while (access("\(directory.path)/go", F_OK)) poll(0, 0, 5);
                return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name))(path, flags, mode);
            }
            int open(const char *path, int flags, ...) { return wait_and_open("open", path, flags, 0600); }
            int open64(const char *path, int flags, ...) { return wait_and_open("open64", path, flags, 0600); }
            """
        let file = try directory.write("open.c", source.utf8)
        let library = directory.path + "/open.so"
        try Program.output("cc", "-shared", "-fPIC", "-o", library, file)
        chmod(library, 0o755)
        return library
    }

    /// Once it has given up its rights, which it does before it reads anything.
    private static func reader(of server: ForeignProcess) throws -> ForeignProcess {
        let deadline = Deadline()
        while !deadline.hasPassed {
            for child in try server.children() where try child.status("Seccomp") == "2" {
                return child
            }
            usleep(1_000)
        }
        throw TestFailure("there is no reader")
    }
}
