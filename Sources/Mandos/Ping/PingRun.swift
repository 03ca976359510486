internal import Reactor

/// One host, from the first request to the answer, or until it is given up.
final class PingRun: CheckRun {
    private let loop: EventLoop
    private var ended: ((ExitStatus) -> Void)?
    private var schedule = PingSchedule()
    private var timer: Timer?
    private var channel: PingChannel?
    private var address: SocketAddress?
    /// Of each request that was sent: a late reply to an earlier one is as good.
    private var sequences: [UInt16] = []
    var lookup: NameLookup?

    init(on loop: EventLoop, ended: @escaping (ExitStatus) -> Void) {
        self.loop = loop
        self.ended = ended
    }

    func start(over channel: PingChannel, to address: SocketAddress) {
        self.channel = channel
        self.address = address
        ask()
    }

    /// What cannot be sent now, such as for want of a route, is tried again like what is lost.
    private func ask() {
        guard let channel, let address, let timeout = schedule.next() else {
            return finish(.exited(1))
        }
        if let sequence = channel.ask(address, { [self] in finish(.exited(0)) }) {
            sequences.append(sequence)
        }
        let due = loop.now + timeout
        // Patient, as the reply may be there although this process could not read it in time.
        timer = loop.patientTimer(at: due) { [self] in giveUp(dueAt: due) }
    }

    /// After a time in which neither the host nor this process may have run, it is asked once more.
    private func giveUp(dueAt due: Instant) {
        if loop.now - due >= Gap.spanMin { schedule.repeatAttempt() }
        ask()
    }

    func finish(_ status: ExitStatus) {
        let report = ended.take()
        end(within: nil)
        report?(status)
    }

    func end(within: Duration?) {
        ended = nil
        timer = nil
        lookup = nil
        for sequence in sequences { channel?.forget(sequence) }
        sequences = []
        channel = nil
    }
}
