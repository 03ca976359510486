internal import Reactor

/// Stands between the network and avahi-core, which compares whatever it is given with all that it
/// was given a moment ago, on our loop. Each datagram is looked at while it is still in the socket,
/// and thrown away unless avahi-core has something to do with it and may do so much now.
@safe final class MulticastGate {
    /// The present announcement of avahi-core.
    var own: [OwnRecord] = []
    private let loop: EventLoop
    private let log: Log
    private let limits: LinkLimits
    /// Room for what a datagram is, or the beginning of one that is too large.
    let buffer: UnsafeMutableRawBufferPointer

    /// Looked at in one turn of the loop, a microsecond or so each.
    static let datagramsPerTurnMax = 32

    init(_ limits: LinkLimits, on loop: EventLoop, log: Log) {
        self.limits = limits
        self.loop = loop
        self.log = log
        unsafe buffer = .allocate(byteCount: MulticastPacket.bytesMax, alignment: 1)
    }

    deinit { unsafe buffer.deallocate() }

    /// avahi-core begins to probe for names of ours.
    func probes() { limits.conflicts.probes(at: loop.now) }

    /// - Parameter count: size of the datagram whose beginning is in `buffer`.
    /// - Returns: whether avahi-core is to see it.
    func admits(_ count: Int, from sender: SocketAddress) -> Bool {
        let bytes = unsafe Span<UInt8>(_unsafeBytes: buffer[..<min(count, buffer.count)])
        let packet = MulticastPacket(bytes, size: count, port: sender.port, own: own)
        switch packet.effect {
        case .none: return false
        case .conflict(let subject): return limits.conflicts.honours(subject, at: loop.now)
        case .query, .correction: break
        }
        if let name = packet.contested,
            !limits.conflicts.honoursProbe(for: name, at: loop.now)
        {
            return false
        }
        guard limits.budget.admits(packet, from: sender, at: loop.now) else {
            tell(sender)
            return false
        }
        return true
    }

    private func tell(_ sender: SocketAddress) {
        limits.leftOut += 1
        guard case .write = limits.lines.line(at: loop.now) else { return }
        log.info(
            "Zeroconf: more multicast DNS than is answered; left out so far: "
                + "\(limits.leftOut) packets, the last from \(sender.text)")
    }

    /// Adds to what multicast DNS has cost.
    ///
    /// - Returns: how long not to read any; nil to go on.
    func charge(since start: Duration) -> Duration? {
        limits.duty.charge(loop.kernel.processorTime() - start, at: loop.now)
    }
}

/// The used part of the limits of the link, which outlives any responder: one that is made anew does
/// not begin with full allowances.
final class LinkLimits {
    fileprivate(set) var budget = PacketBudget()
    fileprivate(set) var conflicts = ConflictPolicy()
    fileprivate(set) var duty = DutyCycle()
    fileprivate(set) var lines = LineLimit(1, per: .seconds(60))
    fileprivate(set) var leftOut: UInt64 = 0
}
