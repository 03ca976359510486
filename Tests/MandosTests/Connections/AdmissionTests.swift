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
        #expect(admission.add(1, from: here, at: start) == nil)
        #expect(admission.add(2, from: here, at: start) == nil)
        #expect(admission.add(3, from: here, at: start) == nil)
        let ripe = start + Admission.silenceAllowed
        #expect(admission.add(4, from: there, at: ripe) == nil)
        #expect(admission.add(5, from: here, at: ripe) == 1)
    }

    @Test("a peer in its handshake has a second before it may have to go")
    func handshake() {
        var admission = Admission(total: 100, perSource: 1)
        #expect(admission.add(1, from: here, at: start) == nil)
        admission.move(1, from: here, .silent, to: .handshaking, at: start)
        let almost = start + Admission.handshakeAllowed + .nanoseconds(-1)
        #expect(admission.add(2, from: here, at: almost) == nil)
        admission.remove(2, from: here, .silent)
        #expect(admission.add(3, from: here, at: almost + .nanoseconds(1)) == 1)
    }

    @Test("whoever is known has no more to fear from others of the same source")
    func authenticated() {
        var admission = Admission(total: 2, perSource: 1)
        _ = admission.add(1, from: here, at: start)
        admission.move(1, from: here, .silent, to: .handshaking, at: start)
        admission.move(1, from: here, .handshaking, to: .authenticated, at: start)
        let late = start + .seconds(60)
        #expect(admission.add(2, from: here, at: late) == nil)
        admission.move(2, from: here, .silent, to: .authenticated, at: late)
        #expect(admission.verdict(at: late) == .wait(until: late + .milliseconds(100)))
        admission.remove(1, from: here, .authenticated)
        #expect(admission.verdict(at: late) == .accept)
    }

    @Test("when all places are taken, the greediest source loses its oldest")
    func total() {
        var admission = Admission(total: 4, perSource: 64)
        _ = admission.add(1, from: there, at: start)
        for id in 2...4 as ClosedRange<Admission.ID> {
            _ = admission.add(id, from: here, at: start)
        }
        let ripe = start + Admission.silenceAllowed
        #expect(admission.verdict(at: start) == .wait(until: ripe))
        #expect(admission.verdict(at: ripe) == .evict(2))
    }
}
