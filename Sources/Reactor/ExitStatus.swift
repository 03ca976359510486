/// How a process ended.
package enum ExitStatus: Equatable {
    /// 0 to 255
    case exited(CInt)
    /// The number of the signal that killed it.
    case killed(CInt)
    /// It is gone, but nobody can say how.
    case unknown(SystemError)
}

/// What to start, as `/bin/sh -c COMMAND` does.
package struct Command: Equatable {
    package let shellCommand: String
    /// An open descriptor for standard output and standard error, or nil for /dev/null.
    package let output: CInt?

    package init(shellCommand: String, output: CInt? = nil) {
        self.shellCommand = shellCommand
        self.output = output
    }
}

/// A child that runs, known by its pidfd: unlike a process id, that never comes to mean another.
package struct SpawnedProcess: ~Copyable {
    private var descriptor: Descriptor?
    /// Also the id of the process group that it leads.
    package let group: CInt

    package init(descriptor: consuming Descriptor, group: CInt) {
        self.descriptor = consume descriptor
        self.group = group
    }

    /// - Precondition: not taken before.
    package mutating func takeDescriptor() -> Descriptor { descriptor.take()! }
}
