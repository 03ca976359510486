internal import CShims.Linux

extension LinuxKernel {
    package func openSignals(_ signals: [CInt]) throws(SystemError) -> Descriptor {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for signal in signals { _ = unsafe sigaddset(&set, signal) }
        try attempt("sigprocmask") { unsafe sigprocmask(SIG_BLOCK, &set, nil) }
        return Descriptor(
            adopting: try attempt("signalfd") {
                unsafe signalfd(-1, &set, CInt(SFD_CLOEXEC | SFD_NONBLOCK))
            })
    }

    package func readSignal(from descriptor: borrowing Descriptor) throws(SystemError) -> CInt? {
        var info = signalfd_siginfo()
        let raw = descriptor.raw
        do throws(SystemError) {
            try attempt("read") {
                unsafe CShims.read(raw, &info, MemoryLayout<signalfd_siginfo>.size)
            }
        } catch {
            if error.code == EAGAIN { return nil }
            throw error
        }
        return CInt(info.ssi_signo)
    }

    package func openWallClockWatch() throws(SystemError) -> Descriptor {
        let watch = Descriptor(
            adopting: try attempt("timerfd_create") {
                timerfd_create(CLOCK_REALTIME, CInt(TFD_CLOEXEC | TFD_NONBLOCK))
            })
        let raw = watch.raw
        try attempt("timerfd_settime") { cshim_cancel_on_set(raw) }
        return watch
    }

    package func readWallClockWatch(
        _ descriptor: borrowing Descriptor
    ) throws(SystemError) -> Bool {
        var expirations: UInt64 = 0
        let raw = descriptor.raw
        do throws(SystemError) {
            try attempt("read") { unsafe CShims.read(raw, &expirations, 8) }
            return false
        } catch {
            switch error.code {
            case ECANCELED: return true
            case EAGAIN: return false
            default: throw error
            }
        }
    }

    package func spawn(shell command: String) throws(SystemError) -> SpawnedProcess {
        var ends: (CInt, CInt) = (-1, -1)
        try attempt("pipe2") { unsafe cshim_output_pipe(&ends.0, &ends.1) }
        let output = Descriptor(adopting: ends.0)
        let far = Descriptor(adopting: ends.1)
        var pid: pid_t = 0
        let code = unsafe cshim_shell_start(shell, command, far.raw, &pid)
        if code != 0 { throw SystemError(call: "posix_spawn", code: code) }
        do throws(SystemError) {
            // Not yet reaped by anybody, so the process id still means our child.
            return SpawnedProcess(
                descriptor: try openProcess(pid), output: output, group: pid)
        } catch {
            killAndReap(group: pid)
            throw error
        }
    }

    package func openProcess(_ id: CInt) throws(SystemError) -> Descriptor {
        Descriptor(adopting: try attempt("pidfd_open") { cshim_pidfd_open(id) })
    }

    package func reap(_ process: borrowing Descriptor) throws(SystemError) -> ExitStatus? {
        var (status, signal): (CInt, CInt) = (0, 0)
        let raw = process.raw
        let ended = try attempt("waitid") { unsafe cshim_reap(raw, &status, &signal) }
        if ended == 0 { return nil }
        return signal == 0 ? .exited(status) : .killed(signal)
    }

    package func signal(group: CInt, _ signal: CInt) {
        _ = kill(-group, signal)
    }

    package func killAndReap(group: CInt) {
        _ = kill(-group, SIGKILL)
        _ = try? attempt("waitpid") { waitpid(group, nil, 0) }
    }
}
