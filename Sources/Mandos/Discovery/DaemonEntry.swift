internal import Reactor

/// One service registered with an avahi-daemon under one name: what it calls an entry group.
final class DaemonEntry {
    enum Event: Equatable {
        case established
        /// Somebody else has a service of that name.
        case collided
        case failed(String)
    }

    /// `AvahiEntryGroupState` of <avahi-common/defs.h>.
    private enum State {
        static let established: Int32 = 2, collision: Int32 = 3, failure: Int32 = 4
    }

    private static let interfaceName = "org.freedesktop.Avahi.EntryGroup"

    private let announcement: Announcement
    private let name: String
    private let interface: Int32
    private let connection: BusConnection
    private let owner: String
    private let report: (Event) -> Void
    private var stateChanges: BusSlot?
    /// The one that is being waited for.
    private var call: BusSlot?
    /// nil until the daemon has made it.
    private var path: String?

    /// - Parameters:
    ///   - interface: index, or -1 for all.
    ///   - report: not called after `withdraw`.
    init(
        _ announcement: Announcement, name: String, interface: Int32,
        through connection: BusConnection, owner: String, report: @escaping (Event) -> Void
    ) {
        self.announcement = announcement
        self.name = name
        self.interface = interface
        self.connection = connection
        self.owner = owner
        self.report = report
    }

    func start() {
        attempt { () throws(BusError) in
            // Before there is a group, so that no change of it is missed.
            stateChanges = try connection.match(
                "type='signal',sender='\(owner)',interface='\(Self.interfaceName)',"
                    + "member='StateChanged'"
            ) { [self] message in
                guard message.path == path else { return }
                groupIs(try? message.readInt32(), message)
            }
            let server = BusConnection.Target(owner, "/", "org.freedesktop.Avahi.Server")
            call = try connection.call(server, "EntryGroupNew") { [self] reply in
                next(reply) { message in
                    path = try? message.readString(.objectPath)
                    addService()
                }
            }
        }
    }

    /// Says goodbye to the network.
    func withdraw() {
        stateChanges = nil
        call = nil
        guard let path else { return }
        self.path = nil
        let group = BusConnection.Target(owner, path, Self.interfaceName)
        // A daemon that does not answer has nothing registered for us, either.
        if let slot = try? connection.call(group, "Free", reply: { _ in }) { slot.float() }
    }

    private func addService() {
        let arguments = { [self] (message: BusMessage) in
            message.append(interface)
            message.append(Int32(announcement.family == .ipv4 ? 0 : 1))
            message.append(UInt32(0))
            message.append(name)
            message.append(Announcement.type.description)
            message.append("")  // domain and host: the daemon's own
            message.append("")
            message.append(announcement.endpoint.port)
            message.append(.array, "ay") {
                for text in announcement.texts { message.append(text) }
            }
        }
        ask("AddService", arguments) { [self] in ask("Commit") {} }
    }

    private func ask(
        _ member: String, _ arguments: (BusMessage) -> Void = { _ in },
        then: @escaping () -> Void
    ) {
        guard let path else { return report(.failed("it gave no entry group")) }
        let group = BusConnection.Target(owner, path, Self.interfaceName)
        attempt { () throws(BusError) in
            call = try connection.call(group, member, arguments: arguments) { [self] reply in
                next(reply) { _ in then() }
            }
        }
    }

    private func next(_ reply: Result<BusMessage, BusError>, _ then: (BusMessage) -> Void) {
        switch reply {
        case .success(let message): then(message)
        case .failure(let error):
            // One of its own services has the name.
            let isCollision = error.name == "org.freedesktop.Avahi.CollisionError"
            report(isCollision ? .collided : .failed(error.text))
        }
    }

    private func attempt(_ body: () throws(BusError) -> Void) {
        do throws(BusError) { try body() } catch { report(.failed(error.text)) }
    }

    private func groupIs(_ state: Int32?, _ message: BusMessage) {
        switch state {
        case State.established: report(.established)
        case State.collision: report(.collided)
        case State.failure:
            report(.failed((try? message.readString()) ?? "the service could not be registered"))
        default: break
        }
    }
}
