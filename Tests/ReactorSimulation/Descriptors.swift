internal import CShims.Linux
package import Reactor

/// Entries of /proc/self/fd, to see that nothing stays open.
package func openDescriptorCount() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count - 3  // ".", ".." and the directory itself
}

/// Whether descriptors stay open each time that `body` runs. Once is no proof: the test runner has
/// threads that open descriptors as well.
package func leavesDescriptorsOpen(_ body: () throws -> Void) rethrows -> Bool {
    for _ in 0..<5 {
        let before = openDescriptorCount()
        try body()
        if openDescriptorCount() <= before { return false }
    }
    return true
}

/// Two connected stream sockets, non-blocking.
package struct SocketPair: ~Copyable {
    private var near: Descriptor?
    private var far: Descriptor?

    package init() {
        var raw: [CInt] = [0, 0]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &raw) == 0, "no socket pair")
        near = Descriptor(adopting: raw[0])
        far = Descriptor(adopting: raw[1])
    }

    package mutating func takeNear() -> Descriptor { near.take()! }
    package mutating func takeFar() -> Descriptor { far.take()! }
}

/// Writes all of `bytes`, which the socket has room for.
package func send(_ bytes: [UInt8], to descriptor: borrowing Descriptor) {
    let count = write(descriptor.raw, bytes, bytes.count)
    precondition(count == bytes.count, "no room in the socket")
}
