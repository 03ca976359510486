import Reactor
import Testing

@testable import Mandos

/// The table in mandos(8), PERSISTENT STATE.
@Suite("What is left after a restart") struct SavedTimeTests {
    private func left(
        _ liveness: Liveness, after seconds: Int, timeout: Int = 300
    ) -> ClientHistory.TimeLeft? {
        SavedTime(
            now: Saved.time + .seconds(seconds), saved: Saved.time, liveness: liveness,
            oldTimeout: .seconds(300), timeout: .seconds(timeout)
        ).left
    }

    private func liveness(
        status: Int, expires: Int, timeLeft: Int? = nil, isGraced: Bool = false
    ) -> Liveness {
        var liveness = Liveness()
        liveness.lastCheckerStatus = status
        liveness.lastCheckedOK = status == -2 ? nil : Saved.time
        liveness.expires = Saved.time + .seconds(expires)
        liveness.timeLeft = timeLeft.map { .seconds($0) }
        liveness.isGraced = isGraced
        return liveness
    }

    @Test(
        "whose last check succeeded has what was left, whatever the calendar says",
        arguments: [-100_000_000, 0, 250, 100_000_000])
    func counting(_ seconds: Int) {
        #expect(
            left(liveness(status: 0, expires: 250, timeLeft: 250), after: seconds)
                == .counting(.seconds(250), isGraced: false))
        #expect(
            left(liveness(status: 0, expires: 7, timeLeft: 7, isGraced: true), after: seconds)
                == .counting(.seconds(7), isGraced: true))
    }

    @Test(
        "whose last check failed, or who never was checked, keeps the deadline", arguments: [1, -2])
    func fixed(_ status: Int) {
        let saved = liveness(status: status, expires: 250)
        #expect(left(saved, after: 0) == .fixed(.seconds(250), isSure: true))
        #expect(left(saved, after: 249) == .fixed(.seconds(1), isSure: true))
        #expect(left(saved, after: 250) == nil)
    }

    @Test("a calendar that was set back gives nobody more than was left when it was saved")
    func setBack() {
        let saved = liveness(status: 1, expires: 250)
        #expect(left(saved, after: -1) == .fixed(.seconds(250), isSure: false))
        #expect(left(saved, after: -100_000_000) == .fixed(.seconds(250), isSure: false))
    }

    @Test("a version that did not count has left the time until the deadline, or a whole timeout")
    func older() {
        let saved = liveness(status: 0, expires: 250)
        #expect(left(saved, after: 50) == .counting(.seconds(200), isGraced: false))
        #expect(left(saved, after: 250) == .counting(.seconds(300), isGraced: false))
    }

    @Test("a timeout that clients.conf has changed moves what is left by the difference")
    func changed() {
        let saved = liveness(status: 0, expires: 250, timeLeft: 250)
        #expect(left(saved, after: 0, timeout: 400) == .counting(.seconds(350), isGraced: false))
        #expect(left(saved, after: 0, timeout: 100) == .counting(.seconds(50), isGraced: false))
        #expect(left(saved, after: 0, timeout: 50) == nil)
        let failed = liveness(status: 1, expires: 250)
        #expect(left(failed, after: 0, timeout: 100) == .fixed(.seconds(50), isSure: true))
        // Over is over.
        #expect(left(failed, after: 251, timeout: 10_000) == nil)
    }
}
