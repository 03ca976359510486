import Reactor

@testable import Mandos

/// Plays the avahi-daemon, for what the real one does too rarely. Answers what it is asked, notes
/// what was registered, and says what a test wants it to say.
final class ScriptedAvahi {
    private static let name = "org.freedesktop.Avahi"

    private let connection: BusConnection
    private var objects: BusSlot?
    private var request: BusSlot?
    private(set) var isNamed = false
    private(set) var groups = 0
    /// Such as `group 1: AddService Mandos on -1/1`, of those that change something.
    private(set) var calls: [String] = []

    var state: Int32 = 2
    /// What the next AddService is answered, if not success.
    var refusal: BusError?

    init(on connection: BusConnection) throws {
        self.connection = connection
        objects = try connection.serve(below: "/") { [unowned self] call throws(BusError) in
            try answer(call)
            return true
        }
        try takeName()
    }

    func takeName() throws {
        request = try connection.requestName(Self.name) { [unowned self] in isNamed = $0 == nil }
    }

    func leaveName() throws {
        isNamed = false
        try connection.releaseName(Self.name)
    }

    func enter(_ state: Int32) throws {
        self.state = state
        try signal("/", "org.freedesktop.Avahi.Server", state)
    }

    /// - Parameter group: nil for the last one.
    func group(_ group: Int? = nil, enters state: Int32) throws {
        try signal(path(group ?? groups), "org.freedesktop.Avahi.EntryGroup", state)
    }

    private func signal(_ path: String, _ interface: StaticString, _ state: Int32) throws {
        let signal = try connection.newSignal(path, interface, "StateChanged")
        signal.append(state)
        signal.append("because")
        try connection.send(signal)
    }

    private func path(_ group: Int) -> String { "/Client0/EntryGroup\(group)" }

    private func answer(_ call: BusMessage) throws(BusError) {
        let reply = try call.newReply()
        switch call.member {
        case "GetState": reply.append(state)
        case "EntryGroupNew":
            groups += 1
            reply.append(path(groups), as: .objectPath)
        case "AddService":
            let interface = try call.readInt32()
            let family = try call.readInt32()
            _ = try call.readUInt32()
            note(call, " \(try call.readString()) on \(interface)/\(family)")
            if let refusal {
                self.refusal = nil
                return try connection.send(call.newReply(refusal))
            }
        default: note(call)
        }
        try connection.send(reply)
    }

    private func note(_ call: BusMessage, _ details: String = "") {
        calls.append("group \(call.path.last ?? "?"): \(call.member)\(details)")
    }
}
