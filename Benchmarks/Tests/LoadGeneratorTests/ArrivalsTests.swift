import Testing

@testable import LoadGenerator

@Suite("Arrivals")
struct ArrivalsTests {
    private func arrivals(
        _ pattern: Arrivals.Pattern, _ count: Int, retry: Double? = nil
    ) -> Arrivals {
        Arrivals(
            pattern, peerCount: count, retryInterval: retry, generator: SeededGenerator(seed: 1))
    }

    @Test("at once, all are due at the start, in their order")
    func atOnce() {
        var arrivals = arrivals(.atOnce, 3)
        let attempts = (0..<4).map { _ in arrivals.takeDue(at: 0)?.peer }
        #expect(attempts == [0, 1, 2, nil])
        #expect(arrivals.nextDue == nil)
    }

    @Test("a Poisson process has the rate that was asked for, and irregular distances")
    func poisson() {
        var arrivals = arrivals(.poisson(perSecond: 100), 10_000)
        var times: [Double] = []
        while let due = arrivals.nextDue {
            let early = arrivals.takeDue(at: due - 1e-9)
            #expect(early == nil)
            times += [arrivals.takeDue(at: due)].compactMap { $0?.due }
        }
        #expect(times.count == 10_000)
        // Ten standard deviations around 100 seconds.
        #expect(abs((times.last ?? 0) - 100) < 10)
        let distances = zip(times.dropFirst(), times).map { $0 - $1 }
        // Of an exponential distribution: a part of 1/e is longer than the mean.
        let longer = distances.filter { $0 > 0.01 }.count
        #expect(abs(Double(longer) / 10_000 - 0.368) < 0.03)
    }

    @Test("steady arrivals have equal distances")
    func steady() {
        var arrivals = arrivals(.steady(perSecond: 10), 3)
        var times: [Double] = []
        while let due = arrivals.nextDue {
            times += [arrivals.takeDue(at: due)].compactMap { $0?.due }
        }
        #expect(times.map { ($0 * 1000).rounded() } == [100, 200, 300])
    }

    @Test("a machine that got nothing tries again after the interval, and not before")
    func retry() {
        var arrivals = arrivals(.atOnce, 1, retry: 10)
        let first = arrivals.takeDue(at: 0)
        let triesAgain = arrivals.retry(0, at: 5)
        let due = arrivals.nextDue
        let early = arrivals.takeDue(at: 14.999)
        let second = arrivals.takeDue(at: 15)
        #expect(first?.peer == 0 && triesAgain)
        #expect(due == 15)
        #expect(early == nil)
        #expect(second == Arrivals.Attempt(peer: 0, due: 15))
        #expect(arrivals.nextDue == nil)
    }

    @Test("without an interval, it gives up")
    func noRetry() {
        var arrivals = arrivals(.atOnce, 1)
        let triesAgain = arrivals.retry(0, at: 5)
        #expect(!triesAgain)
    }

    @Test("many that try again come in the order of their times, all of them")
    func manyRetries() {
        var arrivals = arrivals(.atOnce, 5000, retry: 10)
        while let attempt = arrivals.takeDue(at: 0) {
            _ = arrivals.retry(attempt.peer, at: Double(attempt.peer) / 1000)
        }
        var peers: [Int] = []
        while let due = arrivals.nextDue, let attempt = arrivals.takeDue(at: due) {
            peers.append(attempt.peer)
        }
        #expect(peers == Array(0..<5000))
    }
}
