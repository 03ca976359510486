import Testing

/// The server as it will run, against peers that nobody wrote for it wherever there are any. One
/// test at a time: some of them fill tables of the system.
@Suite("The running server", .serialized, Requirement.binaries, Requirement.keyTools)
struct SystemTests {}
