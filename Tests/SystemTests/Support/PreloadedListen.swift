import Foundation

/// Has a server do something else first when it begins to listen: the last moment of its start.
enum PreloadedListen {
    /// Calls `body` with the environment for such a server.
    ///
    /// - Parameter code: statements in C.
    static func run(doing code: String, _ body: ([String: String]) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <fcntl.h>
            #include <signal.h>
            #include <unistd.h>
            int listen(int fd, int backlog) {
                \(code)
                return ((int (*)(int, int))dlsym(RTLD_NEXT, "listen"))(fd, backlog);
            }
            """
        let file = try directory.write("listen.c", source.utf8)
        let library = directory.path + "/listen.so"
        try Program.output("cc", "-shared", "-fPIC", "-o", library, file)
        try body(ProcessInfo.processInfo.environment.merging(["LD_PRELOAD": library]) { $1 })
    }
}
