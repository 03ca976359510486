/// How a process ended.
package enum ExitStatus: Equatable {
    /// 0 to 255
    case exited(CInt)
    /// The number of the signal that killed it.
    case killed(CInt)
    /// It is gone, but nobody can say how.
    case unknown(SystemError)
}

/// A child that runs, known by its pidfd: unlike a process id, that never comes to mean another.
package struct SpawnedProcess: ~Copyable {
    private var descriptor: Descriptor?
    private var output: Descriptor?
    /// Also the id of the process group that it leads.
    package let group: CInt

    package init(descriptor: consuming Descriptor, output: consuming Descriptor, group: CInt) {
        self.descriptor = consume descriptor
        self.output = consume output
        self.group = group
    }

    /// - Precondition: not taken before.
    package mutating func takeDescriptor() -> Descriptor { descriptor.take()! }

    /// What it writes can be read here.
    ///
    /// - Precondition: not taken before.
    package mutating func takeOutput() -> Descriptor { output.take()! }
}
