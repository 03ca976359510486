import Reactor

@testable import Mandos

/// Plays systemd-resolved and avahi-daemon on a bus, for what the real ones do too rarely.
final class ScriptedNames {
    private let connection: BusConnection
    private var objects: BusSlot?
    private var requests: [String: Bool] = [:]
    private var slots: [SlotBox] = []
    /// Such as `ResolveHostname other`, in their order.
    private(set) var calls: [String] = []
    /// Fills the answer; nil leaves the caller without one.
    var resolved: ((BusMessage) throws(BusError) -> Void)?
    var avahi: ((BusMessage) throws(BusError) -> Void)?

    private final class SlotBox {
        var slot: BusSlot?
    }

    init(on connection: BusConnection) throws {
        self.connection = connection
        objects = try connection.serve(below: "/") { [unowned self] call throws(BusError) in
            try answer(call)
            return true
        }
    }

    func take(_ service: NameService) throws {
        let box = SlotBox()
        box.slot = try connection.requestName(service.busName) { [unowned self] in
            requests[service.busName] = $0 == nil
        }
        slots.append(box)
    }

    func has(_ service: NameService) -> Bool { requests[service.busName] == true }

    private func answer(_ call: BusMessage) throws(BusError) {
        let first = try call.readInt32()
        let isResolved = call.member == "ResolveHostname"
        if !isResolved { _ = try call.readInt32() }
        let host = try call.readString()
        let family = try call.readInt32()
        let flags = isResolved ? try call.readUInt64() : UInt64(try call.readUInt32())
        calls.append("\(call.path) \(call.member) \(first) \(host) \(family) \(flags)")
        guard let fill = isResolved ? resolved : avahi else { return }
        let reply = try call.newReply()
        try fill(reply)
        try connection.send(reply)
    }
}
