import Reactor
import Testing

@testable import Mandos

@Suite("Names that are taken") struct ServiceNamingTests {
    private let start = Instant(nanoseconds: 0)

    private func naming(_ name: String = "Mandos") -> ServiceNaming {
        ServiceNaming(name, random: { 0xbeef })
    }

    private func next(_ name: String) -> String { name + "'" }

    @Test("another name is made from the one that is taken, and tried at once")
    func quick() {
        var naming = naming()
        for _ in 0..<ServiceNaming.honestConflictsMax {
            #expect(naming.collided(at: start, alternative: next) == .zero)
        }
        #expect(naming.current == "Mandos'''''")
        #expect(naming.wanted == "Mandos" && naming.retakeAfter == nil)
    }

    @Test("if somebody claims one after the other, a random one is tried, at once as well")
    func random() {
        var naming = naming()
        for _ in 0...ServiceNaming.honestConflictsMax {
            #expect(naming.collided(at: start, alternative: next) == .zero)
        }
        #expect(naming.current == "Mandos 0000beef")
        #expect(naming.retakeAfter == ServiceNaming.quiet)
        naming.retake()
        #expect(naming.current == "Mandos" && naming.retakeAfter == nil)
        #expect(naming.collided(at: start, alternative: next) == .zero)
        #expect(naming.current == "Mandos'")
    }

    @Test("a random name fits into 63 bytes, and is still a text")
    func long() {
        var naming = naming(String(repeating: "Å", count: 31))
        for _ in 0...ServiceNaming.honestConflictsMax {
            _ = naming.collided(at: start, alternative: next)
        }
        #expect(naming.current == String(repeating: "Å", count: 27) + " 0000beef")
    }

    @Test("fifteen conflicts within ten seconds make the next attempts wait five seconds")
    func burst() {
        var naming = naming()
        for second in 0..<14 {
            let now = start + .milliseconds(second * 100)
            #expect(naming.collided(at: now, alternative: next) == .zero)
        }
        #expect(naming.collided(at: start + .seconds(2), alternative: next) == .seconds(5))
        #expect(naming.collided(at: start + .seconds(8), alternative: next) == .seconds(5))
        #expect(naming.collided(at: start + .seconds(30), alternative: next) == .zero)
    }

    @Test("a name that lasted for ten minutes makes up for the conflicts before")
    func forgiven() {
        var naming = naming()
        for _ in 0..<5 { _ = naming.collided(at: start, alternative: next) }
        let later = start + ServiceNaming.quiet + .seconds(1)
        _ = naming.collided(at: later, alternative: next)
        #expect(naming.current == "Mandos''''''")
    }
}
