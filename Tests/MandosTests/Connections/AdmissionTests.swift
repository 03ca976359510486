import Reactor
import Testing

@testable import Mandos

@Suite("Admission") struct AdmissionTests {
    private let start = Instant(nanoseconds: 0)
    private let here = SocketAddress.loopback(.ipv4, port: 1)
    private let there = SocketAddress.loopback(.ipv6, port: 1)

    @Test("the oldest silent peer of a source goes when the source has too many, once it is ripe")
    func perSource() {
        var admission = Admission(total: 100, perSource: 2)
        for id in 1...3 as ClosedRange<Admission.ID> { admission.add(id, from: here, at: start) }
        #expect(admission.surplus(from: here, at: start) == nil)
        let ripe = start + Admission.silenceAllowed
        #expect(admission.surplus(from: there, at: ripe) == nil)
        #expect(admission.surplus(from: here, at: ripe) == 1)
        admission.remove(1, from: here, .silent)
        #expect(admission.surplus(from: here, at: ripe) == nil)
    }

    @Test("a peer in its handshake has a second before it may have to go")
    func handshake() {
        var admission = Admission(total: 100, perSource: 1)
        admission.add(1, from: here, at: start)
        admission.move(1, from: here, .silent, to: .handshaking, at: start)
        let almost = start + Admission.handshakeAllowed + .nanoseconds(-1)
        admission.add(2, from: here, at: almost)
        #expect(admission.surplus(from: here, at: almost) == nil)
        #expect(admission.surplus(from: here, at: almost + .nanoseconds(1)) == 1)
    }

    @Test("who was refused is the first to go, however young")
    func leaving() {
        var admission = Admission(total: 2, perSource: 64)
        admission.add(1, from: here, at: start)
        admission.add(2, from: here, at: start)
        admission.move(2, from: here, .silent, to: .leaving, at: start)
        #expect(admission.verdict(at: start) == .evict(2))
    }

    @Test("whoever is known has no more to fear from others of the same source")
    func authenticated() {
        var admission = Admission(total: 2, perSource: 1)
        admission.add(1, from: here, at: start)
        admission.move(1, from: here, .silent, to: .handshaking, at: start)
        admission.move(1, from: here, .handshaking, to: .authenticated, at: start)
        let late = start + .seconds(60)
        admission.add(2, from: here, at: late)
        #expect(admission.surplus(from: here, at: late) == nil)
        admission.move(2, from: here, .silent, to: .authenticated, at: late)
        #expect(admission.verdict(at: late) == .wait(until: late + .milliseconds(100)))
        admission.remove(1, from: here, .authenticated)
        #expect(admission.verdict(at: late) == .accept)
    }

    @Test("when all places are taken, the greediest source loses its oldest")
    func total() {
        var admission = Admission(total: 4, perSource: 64)
        for id in 2...4 as ClosedRange<Admission.ID> {
            admission.add(id, from: here, at: start)
        }
        admission.add(5, from: there, at: start)
        let ripe = start + Admission.silenceAllowed
        #expect(admission.verdict(at: start) == .wait(until: ripe))
        #expect(admission.verdict(at: ripe) == .evict(2))
    }
}
