import CShims.Linux
import Foundation

/// A process of a test, ended at the latest by `end()`. (Foundation's `Process` takes a program for
/// running as long as anything that it started does.)
final class Program {
    let pid: pid_t
    let output: OutputLines
    let error: OutputLines
    private let name: String
    private let pidfd: CInt
    private var status: CInt?

    /// - Parameters:
    ///   - arguments: the first is the program, looked for in PATH if it has no slash.
    ///   - environment: nil for that of the test.
    ///   - standardInput: a descriptor that stays the caller's; nil for /dev/null.
    init(
        _ arguments: [String], environment: [String: String]? = nil, standardInput: CInt? = nil
    ) throws {
        let outputPipe = try Self.pipe()
        let errorPipe = try Self.pipe()
        defer {
            close(outputPipe.writing)
            close(errorPipe.writing)
        }
        output = OutputLines(reading: outputPipe.reading)
        error = OutputLines(reading: errorPipe.reading)
        name = arguments[0]
        pid = try Self.spawn(
            arguments, environment: environment,
            descriptors: (standardInput, outputPipe.writing, errorPipe.writing))
        pidfd = cshim_pidfd_open(pid)
        precondition(pidfd >= 0, "pidfd_open")
    }

    deinit {
        end()
        close(pidfd)
    }

    /// Runs a program to its end.
    static func run(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil
    ) throws -> (status: CInt, output: String, error: String) {
        let program = try Program([path] + arguments, environment: environment)
        defer { program.end() }
        let status = try program.waitForExit()
        return (status, try program.output.text(), try program.error.text())
    }

    /// Runs a program that has to succeed, and returns its standard output.
    @discardableResult
    static func output(_ path: String, _ arguments: String...) throws -> String {
        let (status, output, error) = try run(path, arguments)
        guard status == 0 else { throw TestFailure("\(path): status \(status): \(error)") }
        return output
    }

    /// - Returns: the exit status, or 128 plus the number of the signal that ended it.
    func waitForExit(by deadline: Deadline = Deadline()) throws -> CInt {
        if let status { return status }
        var descriptor = pollfd(fd: pidfd, events: CShort(POLLIN), revents: 0)
        while poll(&descriptor, 1, deadline.milliseconds) <= 0 {
            if deadline.hasPassed { throw TestFailure("\(name) does not end") }
        }
        return reap()
    }

    func send(_ signal: CInt) {
        if status == nil { kill(pid, signal) }
    }

    /// Kills it if it still runs.
    func end() {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        _ = try? waitForExit()
    }

    private func reap() -> CInt {
        var exitStatus: CInt = 0
        var signal: CInt = 0
        var reaped = cshim_reap(pidfd, &exitStatus, &signal)
        // A tracer, such as strace, is told first that it has ended.
        while reaped == 0 {
            usleep(1000)
            reaped = cshim_reap(pidfd, &exitStatus, &signal)
        }
        guard reaped == 1 else { return -1 }
        let result = signal == 0 ? exitStatus : 128 + signal
        status = result
        return result
    }

    private static func pipe() throws -> (reading: CInt, writing: CInt) {
        var ends: [CInt] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw TestFailure("pipe: \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String]?,
        descriptors: (input: CInt?, output: CInt, error: CInt)
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input = descriptors.input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, descriptors.output, 1)
        posix_spawn_file_actions_adddup2(&actions, descriptors.error, 2)

        // The threads of the test runner block signals, which a new process would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, CShort(POSIX_SPAWN_SETSIGMASK))

        let variables = environment ?? ProcessInfo.processInfo.environment
        let vector = arguments.map { strdup($0) } + [nil]
        let values = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { (vector + values).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, vector, values)
        guard code == 0 else { throw TestFailure("\(arguments[0]): error \(code)") }
        return pid
    }
}
