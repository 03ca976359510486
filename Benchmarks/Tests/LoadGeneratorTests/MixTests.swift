import Testing

@testable import LoadGenerator

@Suite("Mixes of peers")
struct MixTests {
    @Test("a mix is counts by kind")
    func parse() {
        #expect(Mix("honest=10,silent=5") == Mix([.honest: 10, .silent: 5]))
        #expect(Mix("honest=10,silent=5")?.total == 15)
        #expect(Mix("honest=1,slow=0") == Mix([.honest: 1]))
    }

    @Test(
        "what is no mix is refused",
        arguments: [
            "", "honest", "honest=", "honest=x", "honest=-1", "honset=1", "honest=1,",
            "honest=1,honest=2", "silent=0", "honest=1000001", "honest=600000,silent=600000",
        ])
    func refuse(_ text: String) {
        #expect(Mix(text) == nil)
    }

    @Test("the same seed gives the same order, with all of them in it")
    func shuffle() {
        let mix = Mix([.honest: 50, .garbage: 20])
        var one = SeededGenerator(seed: 7)
        var other = SeededGenerator(seed: 7)
        let order = mix.shuffled(using: &one)
        let same = mix.shuffled(using: &other)
        let next = mix.shuffled(using: &other)
        #expect(order == same)
        #expect(order != next)
        #expect(order.filter { $0 == .honest }.count == 50)
        #expect(order.count == 70)
    }
}
