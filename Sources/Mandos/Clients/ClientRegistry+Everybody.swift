internal import Reactor

/// Events of all clients at the same time.
extension ClientRegistry {
    func noteClockChange() {
        log.info("the wall clock was set; deadlines stay where they are")
        handleForAll(.wallClockSet)
        clockWasSet()
    }

    /// Before what was due meanwhile is done.
    func bridge(_ gap: Gap) {
        let seconds = gap.span.components.seconds
        log.info(
            gap.isSuspend
                ? "the machine was suspended for \(seconds) s"
                : "nothing could be done for \(seconds) s")
        handleForAll(.gap(gap))
    }

    /// It is in force at once. That expiries are others is told little by little: a bus does not take
    /// as many messages at a time as there may be clients.
    private func handleForAll(_ event: ClientRecord.Event) {
        let now = Moment(instant: loop.now, wall: loop.kernel.wallTime())
        for client in clients.values {
            for effect in client.record.handle(event, at: now) {
                if case .changed(.expires) = effect {
                    untold.append(client.name)
                } else {
                    carryOut(effect, client)
                }
            }
        }
        tellSome()
    }

    private func tellSome() {
        for _ in 0..<Self.toldAtATime {
            guard let name = untold.popFirst() else { break }
            if let client = clients[name] { announce(.expires, client) }
        }
        guard !untold.isEmpty else {
            untold = []
            return telling = nil
        }
        telling = loop.timer(after: Self.tellingPause) { [unowned(unsafe) self] in
            unsafe self.tellSome()
        }
    }

    private static let toldAtATime = 32
    private static let tellingPause: Duration = .milliseconds(10)
}
