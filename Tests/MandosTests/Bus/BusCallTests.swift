import Reactor
import Testing

@testable import Mandos

/// Two connections that talk to each other over Debian's dbus-daemon.
@Suite("Calls over the bus", .enabled(if: PrivateBus.isInstalled, "needs dbus-daemon"))
struct BusCallTests {
    private let harness: BusHarness

    init() throws { harness = try BusHarness.connected() }

    private var connection: BusConnection { harness.bus.connection! }
    private var peer: BusConnection { harness.peer.connection! }

    @Test("a call is answered with values of every type, in their order")
    func everyType() throws {
        let slot = try connection.serve(below: "/") { call throws(BusError) in
            let reply = try call.newReply()
            reply.append(try call.readString())
            reply.append(try call.readBoolean())
            reply.append(try call.readByte())
            reply.append(try call.readInt16())
            reply.append(try call.readUInt16())
            reply.append(try call.readInt32())
            reply.append(try call.readUInt32())
            reply.append(try call.readInt64())
            reply.append(try call.readUInt64())
            reply.append(try call.readString(.objectPath), as: .objectPath)
            reply.append(try call.readBytes { $0.withUnsafeBufferPointer { Array($0) } })
            try connection.send(reply)
            return true
        }
        let answer = try harness.call("/x", "a.b", "Echo") { call in
            call.append("text “ü”")
            call.append(true)
            call.append(UInt8.max)
            call.append(Int16.min)
            call.append(UInt16.max)
            call.append(Int32.min)
            call.append(UInt32.max)
            call.append(Int64.min)
            call.append(UInt64.max)
            call.append("/a/b", as: .objectPath)
            call.append([1, 2, 0, 255] as [UInt8])
        }.get()
        #expect(answer.signature == "sbynqiuxtoay")
        #expect(try answer.readString() == "text “ü”")
        #expect(try answer.readBoolean())
        #expect(try answer.readByte() == .max)
        #expect(try answer.readInt16() == .min)
        #expect(try answer.readUInt16() == .max)
        #expect(try answer.readInt32() == .min)
        #expect(try answer.readUInt32() == .max)
        #expect(try answer.readInt64() == .min)
        #expect(try answer.readUInt64() == .max)
        #expect(try answer.readString(.objectPath) == "/a/b")
        #expect(
            try answer.readBytes { $0.withUnsafeBufferPointer { Array($0) } } == [1, 2, 0, 255])
        #expect(try answer.next() == nil)
        _ = consume slot
        harness.tearDown()
    }

    @Test("what is missing or of another type is an error, and nothing is misread")
    func wrongTypes() throws {
        var found: [String] = []
        let slot = try connection.serve(below: "/") { call throws(BusError) in
            do throws(BusError) { _ = try call.readUInt32() } catch { found.append(error.message) }
            #expect(try call.readString() == "text")
            do throws(BusError) { _ = try call.readString() } catch { found.append(error.message) }
            throw BusError(.invalidArguments, "enough")
        }
        let answer = try harness.call("/", "a.b", "Wrong") { $0.append("text") }
        #expect(answer.error == BusError(.invalidArguments, "enough"))
        #expect(
            found == ["expected a value of type “u”", "expected a value of type “s”"])
        _ = consume slot
        harness.tearDown()
    }

    @Test("a call that the handler leaves alone, or an object that nobody serves, is unknown")
    func unknown() throws {
        let slot = try connection.serve(below: "/served") { _ in false }
        let unknownMethod = try harness.call("/served/x", "a.b", "Member").error
        #expect(unknownMethod?.isNamed(.unknownMethod) == true)
        let unknownObject = try harness.call("/other", "a.b", "Member").error
        #expect(unknownObject?.isNamed(.unknownObject) == true)
        let nobody = try harness.call(.init("no.such.name", "/", "a.b"), "Member").error
        #expect(nobody?.isNamed(.serviceUnknown) == true)
        _ = consume slot
        let gone = try harness.call("/served/x", "a.b", "Member").error
        #expect(gone?.isNamed(.unknownObject) == true)
        harness.tearDown()
    }

    @Test("a call may be answered in a later turn")
    func laterAnswer() throws {
        let slot = try connection.serve(below: "/") { call in
            self.harness.loop.later { [self] in
                try? connection.send(call.newReply())
            }
            return true
        }
        #expect(try harness.call("/", "a.b", "Member").get().signature == "")
        _ = consume slot
        harness.tearDown()
    }

    @Test("a call that is let go gets no answer any more")
    func cancelledCall() throws {
        var answers = 0
        let slot = try peer.call(.bus, "GetId") { _ in answers += 1 }
        _ = consume slot
        _ = try harness.call(.bus, "GetId").get()  // answered later than the first would have been
        #expect(answers == 0)
        harness.tearDown()
    }

    @Test("a call that floats is answered without a holder, also with an error")
    func floatingCall() throws {
        var error: BusError?
        try peer.call(.init("no.such.name", "/", "a.b"), "Member") { error = $0.error }.float()
        try harness.run { error != nil }
        #expect(error?.isNamed(.serviceUnknown) == true)
        harness.tearDown()
    }

    @Test("signals reach those who match them, until they let go, even in the middle of one")
    func signals() throws {
        let listener = Listener()
        let rule = "type='signal',interface='a.b',member='Something'"
        listener.slot = try peer.match(rule) { message in
            listener.texts.append((try? message.readString()) ?? "?")
            if listener.texts.count == 2 { listener.slot = nil }
        }
        _ = try harness.call(.bus, "GetId").get()  // from here on the rule is in force
        for text in ["one", "two", "three"] {
            let signal = try connection.newSignal("/x", "a.b", "Something")
            signal.append(text)
            try connection.send(signal)
        }
        try harness.run { listener.texts.count == 2 }
        _ = try harness.call(.bus, "GetId").get()
        #expect(listener.texts == ["one", "two"])
        harness.tearDown()
    }

    private final class Listener {
        var slot: BusSlot?
        var texts: [String] = []
    }

    @Test("a name is ours, or somebody else has it, or the bus refuses it")
    func names() throws {
        var outcomes: [BusNameProblem?] = []
        for user in [connection, connection, peer] {
            try user.requestName("a.b.Name") { outcomes.append($0) }.float()
            let expected = outcomes.count + 1
            try harness.run { outcomes.count == expected }
        }
        #expect(outcomes == [nil, nil, .taken])
        try connection.releaseName("a.b.Name")
        try harness.run { (try? owner("a.b.Name")) == nil }
        harness.tearDown()

        let strict = try BusHarness.connected(policy: "<allow send_destination='*'/>")
        var problem: BusNameProblem?
        try strict.bus.connection!.requestName("a.b.Name") { problem = $0 }.float()
        try strict.run { problem != nil }
        guard case .refused(let error)? = problem else {
            Issue.record("not refused: \(String(describing: problem))")
            return
        }
        #expect(error.isNamed(.accessDenied))
        strict.tearDown()
    }

    private func owner(_ name: String) throws -> String {
        try harness.call(.bus, "GetNameOwner") { $0.append(name) }.get().readString()
    }

    @Test("the owner of a name is followed: nobody, somebody, nobody again")
    func owners() throws {
        var owners: [String?] = []
        let watch = try peer.watchOwner(of: "a.b.Name") { owners.append($0) }
        try harness.run { owners.count == 1 }
        try connection.requestName("a.b.Name") { _ in }.float()
        try harness.run { owners.count == 2 }
        let name = connection.uniqueName
        harness.bus.stop()
        try harness.run { owners.count == 3 }
        #expect(owners == [nil, name, nil])
        _ = consume watch
        harness.tearDown()
    }

    @Test("who owns a name is what the bus itself says, and nobody else")
    func forgedOwner() throws {
        var owners: [String?] = []
        let watch = try connection.watchOwner(of: "a.b.Name") { owners.append($0) }
        try harness.run { owners.count == 1 }
        try harness.forge("NameOwnerChanged", "a.b.Name", "", ":1.99", to: harness.bus)
        try peer.requestName("a.b.Name") { _ in }.float()
        try harness.run { owners.count >= 2 }
        #expect(owners == [nil, peer.uniqueName])
        _ = consume watch
        harness.tearDown()
    }

    @Test("whoever floods us is heard a few messages at a time")
    func flood() throws {
        var heard = 0
        let slot = try connection.match("type='signal',interface='a.b'") { _ in heard += 1 }
        var isInForce = false
        try connection.call(.bus, "GetId") { _ in isInForce = true }.float()
        try harness.run { isInForce }
        for _ in 0..<1000 { try peer.send(try peer.newSignal("/", "a.b", "Something")) }
        var most = 0
        try harness.run {
            let before = heard
            try? harness.loop.turn()
            most = max(most, heard - before)
            return heard == 1000
        }
        #expect(most > 1 && most <= 32)
        _ = consume slot
        harness.tearDown()
    }

    @Test("a bus that takes no more messages does not get to fill our memory")
    func overflow() throws {
        connection.queuedMessagesMax = 100
        harness.daemon.suspend()
        let big = String(repeating: "x", count: 100_000)
        for _ in 0..<500 {
            let signal = try connection.newSignal("/", "a.b", "Something")
            signal.append(big)
            try connection.send(signal)
        }
        #expect(harness.user.events == ["opened"])  // whoever sends is not interrupted
        try harness.loop.turn()
        #expect(harness.user.events == ["opened", "lost"])
        #expect(harness.sink.contains(.warning, "takes no more messages"))
        harness.daemon.resume()
        try harness.run { harness.bus.isOpen }
        harness.tearDown()
    }

    @Test("what a handler holds is let go with its slot, and with the connection at the latest")
    func release() throws {
        final class Held {}
        weak var match: Held?
        weak var object: Held?
        weak var reply: Held?
        do {
            let (first, second, third) = (Held(), Held(), Held())
            (match, object, reply) = (first, second, third)
            let slot = try connection.match("type='signal'") { _ in _ = first }
            try connection.serve(below: "/") { _ in
                _ = second
                return true
            }.float()
            try peer.call(.bus, "GetId") { _ in _ = third }.float()
            _ = consume slot
        }
        #expect(match == nil && object != nil)
        try harness.run { reply == nil }
        harness.bus.stop()
        #expect(object == nil)
        harness.tearDown()
    }

    @Test("a connection may be ended from inside of any of its handlers")
    func endingInside() throws {
        let slot = try connection.serve(below: "/") { _ in
            self.harness.bus.stop()
            return true
        }
        let answer = try harness.call("/", "a.b", "Member")
        #expect(answer.error?.isNamed(.noReply) == true)
        _ = consume slot

        var isAnswered = false
        try peer.call(.bus, "GetId") { _ in
            isAnswered = true
            self.harness.peer.stop()
        }.float()
        try harness.run { isAnswered }
        harness.tearDown()
        #expect(harness.loop.registrationCount == 0)
    }
}

extension Result {
    fileprivate var error: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}
