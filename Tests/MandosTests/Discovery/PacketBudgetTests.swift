import Reactor
import Testing

@testable import Mandos

@Suite("What the link may make us do") struct PacketBudgetTests {
    private let start = Instant(nanoseconds: 5_000_000_000)
    private let own = OwnRecord.service("Mandos", host: "web1", port: 4711, texts: [])

    private func packet(port: UInt16 = 5353, questions: Int = 1) -> MulticastPacket {
        var text = PacketText(questions)
        for _ in 0..<questions { text.question("_mandos._tcp.local") }
        return MulticastPacket(text.bytes.span, size: text.bytes.count, port: port, own: own)
    }

    private func sender(_ number: Int) -> SocketAddress {
        let bytes = [10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
        return SocketAddress(.ipv4, bytes: bytes)!
    }

    /// How many of `count` packets, evenly over so many seconds, are admitted.
    private func admitted(
        _ packet: MulticastPacket, _ count: Int, seconds: Int, from senders: Int
    ) -> Int {
        var budget = PacketBudget()
        var admitted = 0
        for number in 0..<count {
            let now = start + .milliseconds(number * seconds * 1000 / count)
            if budget.admits(packet, from: sender(number % senders), at: now) { admitted += 1 }
        }
        return admitted
    }

    @Test("one sender that asks now and then is always answered")
    func honest() {
        #expect(admitted(packet(), 1000, seconds: 100, from: 1) == 1000)
        #expect(admitted(packet(port: 4000), 100, seconds: 100, from: 1) == 100)
    }

    @Test("a sender cannot use up what is there for all")
    func oneSender() {
        var budget = PacketBudget()
        for _ in 0..<10_000 { _ = budget.admits(packet(), from: sender(1), at: start) }
        var others = 0
        for number in 2..<12 where budget.admits(packet(), from: sender(number), at: start) {
            others += 1
        }
        #expect(others >= 8, "two senders may have to share a place")
    }

    @Test("senders in any number have the same for all, and legacy queries least")
    func allSenders() {
        // 100 at once and 200 a second; 20 and 10.
        let plain = admitted(packet(), 100_000, seconds: 10, from: 50_000)
        #expect(1500...2100 ~= plain, "\(plain)")
        let legacy = admitted(packet(port: 4000), 100_000, seconds: 10, from: 50_000)
        #expect(100...120 ~= legacy, "\(legacy)")
    }

    @Test("what avahi-core compares with within 0.7 s stays small")
    func weight() {
        let heavy = packet(questions: 100)
        let count = admitted(heavy, 100_000, seconds: 10, from: 50_000)
        let most = MulticastPacket.weightMax + 10 * 4096
        #expect(count > 0 && count * heavy.weight <= most, "\(count)")
    }

    @Test("a bucket is full again after its time, however often it is looked at")
    func bucket() {
        var bucket = TokenBucket(capacity: 3, perSecond: 2)
        for _ in 0..<3 {
            #expect(bucket.has(1, at: start) == true)
            bucket.spend(1, at: start)
        }
        for millisecond in 0..<500 {
            #expect(bucket.has(1, at: start + .milliseconds(millisecond)) == false)
        }
        #expect(bucket.has(1, at: start + .milliseconds(500)) == true)
        #expect(bucket.wait(for: 3, at: start + .milliseconds(500)) == .seconds(1))
        #expect(bucket.has(3, at: start + .seconds(1_000_000_000)) == true)
        #expect(bucket.has(4, at: start + .seconds(1_000_000_000)) == false)
    }

    @Test("CPU time is 3 % of all time at most, in any span but the first 20 ms")
    func dutyCycle() {
        var duty = DutyCycle()
        var now = start
        var used = Duration.zero
        while now < start + .seconds(10) {
            used += .microseconds(300)
            now = now + .microseconds(300)
            if let rest = duty.charge(.microseconds(300), at: now) { now = now + rest }
        }
        #expect(used < .milliseconds(340) && used > .milliseconds(250), "\(used)")
    }
}

@Suite("Claims to a name of ours") struct ConflictPolicyTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    /// Plays avahi-core: not to be found for 1.25 s after each claim that it hears, as it probes, and
    /// for as long again if it gives the name up. The claims come when they hurt most.
    private func found(_ claims: Int, _ subject: OwnRecord.Subject) -> Double {
        var policy = ConflictPolicy()
        var lost = 0.0
        for number in 0..<claims {
            let now = start + .milliseconds(number * 150_000 / claims)
            if policy.honours(subject, at: now) { lost += 1.25 }
        }
        return 1 - lost / 150
    }

    @Test("a claim that is believed makes avahi-core probe, when it minds what others probe for")
    func probesAfterClaim() {
        var policy = ConflictPolicy()
        #expect(policy.honours(.host, at: start) == true)
        let later = start + .seconds(1)
        #expect(policy.honoursProbe(for: .host, at: later) == true)
        #expect(policy.honoursProbe(for: .host, at: later) == false)
        let end = later + ConflictPolicy.probing
        #expect(policy.honoursProbe(for: .host, at: end) == true)
    }

    @Test(
        "however often they come, we are found nine times in ten",
        arguments: [21, 57, 1000, 100_000])
    func spoofed(_ claims: Int) {
        #expect(found(claims, .service) > 0.88)
        #expect(found(claims, .host) > 0.91)
    }

    @Test("a host that really has the name is heard, more than once at first, and ever again")
    func honest() {
        var policy = ConflictPolicy()
        for _ in 0..<6 { #expect(policy.honours(.service, at: start) == true) }
        #expect(policy.honours(.service, at: start + .seconds(1)) == false)
        #expect(policy.honours(.host, at: start) == true)
        #expect(policy.honours(.service, at: start + ConflictPolicy.interval) == true)
        #expect(policy.honours(.service, at: start + ConflictPolicy.interval) == false)
    }

    @Test("somebody who probes for a name that we have is answered, and costs nothing")
    func probes() {
        var policy = ConflictPolicy()
        for _ in 0..<100 { #expect(policy.honoursProbe(for: .host, at: start) == true) }
        policy.probes(at: start)
        #expect(policy.honoursProbe(for: .host, at: start) == true)
        #expect(policy.honoursProbe(for: .host, at: start) == true)
        #expect(policy.honoursProbe(for: .host, at: start) == false)
        #expect(policy.honoursProbe(for: .host, at: start + .seconds(5)) == true)
    }
}
