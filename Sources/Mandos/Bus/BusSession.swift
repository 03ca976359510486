internal import Reactor

/// The service on one connection, from asking for the names until they or the connection are lost.
final class BusSession {
    private enum Phase { case asking, serving, retracting, ended }

    struct Failure {
        let problem: String
        /// How bad that is.
        let level: LogLevel
        /// The name that we do not have; nil if it is not about one.
        var name: String?
    }

    let connection: BusConnection
    let service: BusService
    let outbox: Outbox
    let callers: Callers
    private let owned: () -> Void
    private let failed: (Failure) -> Void
    private let names: [String]

    private var phase = Phase.asking
    private var objects: BusSlot?
    private var losses: BusSlot?
    private var question: BusSlot?
    private var namesOwned = 0

    /// - Parameters:
    ///   - names: asked for in this order.
    ///   - owned: told when all of them are ours.
    ///   - failed: told once, if one of them cannot be had or is lost.
    init(
        _ connection: BusConnection, of service: BusService, names: [String],
        owned: @escaping () -> Void, failed: @escaping (Failure) -> Void
    ) {
        self.names = names
        self.connection = connection
        self.service = service
        self.owned = owned
        self.failed = failed
        outbox = Outbox(connection, on: service.loop, log: service.log)
        callers = Callers(connection) { [registry = service.registry] in
            registry.nameAuthor($0, $1)
        }
    }

    var isServing: Bool { phase == .serving }

    /// Whether something is still to be sent.
    var isBusy: Bool { connection.isOpen && !outbox.isEmpty }

    /// Objects first: whoever sees the name finds them.
    func begin() {
        do throws(BusError) {
            objects = try connection.serve(below: "/") {
                [unowned(unsafe) self] call throws(BusError) in
                try unsafe self.answer(call)
            }
            losses = try connection.matchBus("NameLost") { [unowned(unsafe) self] in
                unsafe self.noteLoss($0)
            }
            try askForName()
        } catch {
            fail(Failure(problem: "D-Bus: \(error.text)", level: .error))
        }
    }

    /// Must have been called before it is let go.
    func end() {
        guard phase != .ended else { return }
        phase = .ended
        outbox.stop()
        objects = nil
        losses = nil
        question = nil
        guard connection.isOpen else { return }
        for name in names[..<namesOwned] { try? connection.releaseName(name) }
    }

    /// Takes all objects off the bus. Changes are not announced any more, and calls are refused.
    func retract() {
        guard phase == .asking || phase == .serving else { return }
        let isKnown = isServing
        phase = .retracting
        if isKnown { outbox.begin(Retraction(self)) }
    }

    private func askForName() throws(BusError) {
        let name = names[namesOwned]
        question = try connection.requestName(name) { [unowned(unsafe) self] problem in
            unsafe self.noteName(name, problem)
        }
    }

    private func noteName(_ name: String, _ problem: BusNameProblem?) {
        guard phase == .asking else { return }
        if let problem {
            let text = "D-Bus name \(name): \(problem.text)"
            return fail(Failure(problem: text, level: .error, name: name))
        }
        namesOwned += 1
        guard namesOwned == names.count else {
            do throws(BusError) { try askForName() } catch {
                fail(Failure(problem: "D-Bus: \(error.text)", level: .error))
            }
            return
        }
        phase = .serving
        owned()
        outbox.begin(Introduction(self))
    }

    private func noteLoss(_ message: BusMessage) {
        guard phase == .serving, let name = try? message.readString(),
            names.contains(name)
        else { return }
        let text = "D-Bus name \(name) was taken from us"
        fail(Failure(problem: text, level: .warning, name: name))
    }

    private func fail(_ failure: Failure) {
        // Not from inside of a handler of ours, which this ends.
        service.loop.later { [self] in
            if phase != .ended { failed(failure) }
        }
    }

    private func answer(_ call: BusMessage) throws(BusError) -> Bool {
        guard phase != .ended else { return false }
        guard phase != .retracting else {
            throw BusError(.serviceUnknown, "the server is about to end")
        }
        try ObjectTree(self).answer(call)
        return true
    }
}
