/// What one round of a soak does: everything is drawn from the generator.
package struct SoakMix {
    package let mix: Mix
    package let pattern: Arrivals.Pattern
    package let sources: Int
    package let slowBytesPerSecond: Int

    package init(using generator: inout SeededGenerator) {
        var counts: [PeerKind: Int] = [:]
        for kind in PeerKind.allCases where kind != .exchange && Bool.random(using: &generator) {
            counts[kind] = Int.random(in: 1...60, using: &generator)
        }
        counts[.honest] = Int.random(in: 50...800, using: &generator)
        mix = Mix(counts)
        // Not slower than that, so that a round ends within seconds.
        let rate = Double.random(in: 100...500, using: &generator)
        pattern = Bool.random(using: &generator) ? .atOnce : .poisson(perSecond: rate)
        // Behind one router, a few, or each with an address.
        sources = [1, 16, mix.total].randomElement(using: &generator) ?? 1
        slowBytesPerSecond = Int.random(in: 300...3000, using: &generator)
    }
}
