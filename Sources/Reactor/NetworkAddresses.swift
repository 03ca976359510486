internal import CShims.Linux

/// The addresses of all interfaces, of one family, as they come and go. Letting go of it ends the
/// reports.
@usableFromInline  // see Descriptor
package struct NetworkAddresses: ~Copyable {
    private let source: AddressSource

    /// - Parameters:
    ///   - withInterfaces: whether a change of an interface, such as of its name, is one as well.
    ///   - changed: called with all of them, in no order, soon and after each change.
    ///   - failed: called once, when nothing more can be learnt.
    package init(
        _ family: SocketFamily, withInterfaces: Bool = false, on loop: EventLoop,
        changed: @escaping (Set<InterfaceAddress>) -> Void,
        failed: @escaping (SystemError) -> Void
    ) throws(SystemError) {
        source = try AddressSource(
            family, withInterfaces: withInterfaces, on: loop, changed: changed, failed: failed)
    }

    deinit { source.stop() }
}

/// Asks for a list of all, and listens for news meanwhile and afterwards.
private final class AddressSource {
    private let family: SocketFamily
    private let changed: (Set<InterfaceAddress>) -> Void
    private let failed: (SystemError) -> Void
    private var watch: Watch?
    /// Of the last request.
    private var sequence: UInt32 = 0
    private var known: Set<InterfaceAddress> = []
    /// The list that is on its way.
    private var listed: Set<InterfaceAddress>?
    private var listIsWrong = false
    private var interfacesChanged = false
    private var reported: Set<InterfaceAddress>?

    /// The kernel sends no larger ones, see `netlink_dump` in net/netlink/af_netlink.c.
    private static let messageBytesMax = 32768
    /// Any more are left for the next turn.
    private static let readsPerTurnMax = 16

    init(
        _ family: SocketFamily, withInterfaces: Bool, on loop: EventLoop,
        changed: @escaping (Set<InterfaceAddress>) -> Void,
        failed: @escaping (SystemError) -> Void
    ) throws(SystemError) {
        self.family = family
        self.changed = changed
        self.failed = failed
        var groups = family == .ipv4 ? RTMGRP_IPV4_IFADDR : RTMGRP_IPV6_IFADDR
        if withInterfaces { groups |= RTMGRP_LINK }
        let descriptor = try loop.kernel.openRouteSocket(groups: UInt32(groups), port: nil)
        // Strongly held, which `stop` ends.
        watch = try loop.watch(descriptor, for: .input) { [self] _ in receive() }
        do throws(SystemError) {
            try ask()
        } catch {
            watch = nil
            throw error
        }
    }

    func stop() { watch = nil }

    private func receive() {
        do throws(SystemError) {
            for _ in 0..<Self.readsPerTurnMax {
                guard let bytes = try read() else { break }
                try take(bytes)
            }
        } catch {
            watch = nil
            failed(error)
            return
        }
        guard listed == nil, known != reported || interfacesChanged else { return }
        interfacesChanged = false
        reported = known
        changed(known)
    }

    /// nil if nothing has come.
    private func read() throws(SystemError) -> [UInt8]? {
        var outcome = Transfer.wouldBlock
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.messageBytesMax) {
            outcome = unsafe watch?.read(into: UnsafeMutableRawBufferPointer($0)) ?? .wouldBlock
            if case .bytes(let count) = outcome { $1 = count }
        }
        switch outcome {
        case .bytes: return bytes
        case .wouldBlock, .endOfStream: return nil
        case .failed(let error) where error.code == ENOBUFS:
            try ask()  // there was more news than the socket holds: some is lost
            return nil
        case .failed(let error): throw error
        }
    }

    private func take(_ bytes: [UInt8]) throws(SystemError) {
        var messages = RouteMessages(bytes, sequence: sequence)
        while let (message, isAnswer) = messages.next() {
            switch message {
            case .added(let address):
                listed?.insert(address)
                if !isAnswer { known.insert(address) }
            case .removed(let address):
                // Between two parts of the list, it is news that makes the first part wrong.
                listed?.remove(address)
                if !isAnswer { known.remove(address) }
            case .interfaceChanged: interfacesChanged = true
            case .interrupted where isAnswer: listIsWrong = true
            case .done where isAnswer: try endList()
            case .refused(let code) where isAnswer:
                throw SystemError(call: "RTM_GETADDR", code: code)
            case .interrupted, .done, .refused: break
            }
        }
    }

    private func endList() throws(SystemError) {
        if listIsWrong { return try ask() }
        if let listed { known = listed }
        listed = nil
    }

    /// Requests the list of all, as of now.
    private func ask() throws(SystemError) {
        sequence &+= 1
        listed = []
        listIsWrong = false
        var request = (nlmsghdr(), ifaddrmsg())
        request.0.nlmsg_len = UInt32(MemoryLayout.size(ofValue: request))
        request.0.nlmsg_type = UInt16(RTM_GETADDR)
        request.0.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH)
        request.0.nlmsg_seq = sequence
        request.1.ifa_family = UInt8(family == .ipv4 ? AF_INET : AF_INET6)
        let outcome = unsafe withUnsafeBytes(of: &request) {
            unsafe watch?.write(from: $0) ?? .wouldBlock
        }
        if case .failed(let error) = outcome { throw error }
    }
}
