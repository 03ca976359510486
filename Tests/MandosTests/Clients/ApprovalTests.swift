import Reactor
import Testing

@testable import Mandos

@Suite("Approval") struct ApprovalTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    /// A client, and one peer of it that came at `start`.
    private struct Scene {
        var approval = Approval()
        let settings: ClientSettings
        let request: Approval.Request
        var isEnabled = true

        init(delay: Duration = .seconds(20), isApprovedByDefault: Bool = true, at start: Instant) {
            settings = ServiceHarness.client(
                approvalDelay: delay, isApprovedByDefault: isApprovedByDefault)
            request = approval.begin(settings, at: start)
        }

        func answer(
            at now: Instant, hearing: Approval.Decision? = nil, settings: ClientSettings? = nil
        ) -> Approval.Answer {
            approval.answer(
                to: request, settings: settings ?? self.settings, isEnabled: isEnabled, at: now,
                hearing: hearing)
        }
    }

    /// What a peer finds when it comes: a row of the decision procedure.
    struct Row: CustomTestStringConvertible {
        let name: String
        var isEnabled = true
        var delay: Duration = .seconds(20)
        var decision: Approval.Decision?
        let expected: Approval.Answer

        var testDescription: String { name }
    }

    private static let end = Instant(nanoseconds: 21_000_000_000)

    static let rows: [Row] = [
        Row(
            name: "4.6 row 1: disabled", isEnabled: false, expected: .refused(.disabled)),
        Row(
            name: "4.6 row 1: disabled, though approved", isEnabled: false, decision: .approved,
            expected: .refused(.disabled)),
        Row(
            name: "4.6 row 1: disabled, without a delay", isEnabled: false, delay: .zero,
            expected: .refused(.disabled)),
        Row(name: "4.6 row 2: approved before", decision: .approved, expected: .granted),
        Row(name: "4.6 row 2: no delay", delay: .zero, expected: .granted),
        Row(
            name: "4.6 row 2: no delay, and denied: no effect", delay: .zero, decision: .denied,
            expected: .granted),
        Row(name: "4.6 row 3: no decision", expected: .asks(until: end)),
        Row(name: "4.6 row 4: denied before", decision: .denied, expected: .refused(.denied)),
    ]

    @Test("what is decided about a peer that comes", arguments: rows)
    func arrival(_ row: Row) {
        var scene = Scene(delay: row.delay, at: start)
        scene.isEnabled = row.isEnabled
        if let decision = row.decision {
            scene.approval.decide(decision, for: .seconds(1), at: start)
        }
        #expect(scene.answer(at: start) == row.expected)
    }

    @Test("4.6 wait: when the delay is over, the default decides", arguments: [true, false])
    func delayOver(isApproved: Bool) {
        let scene = Scene(isApprovedByDefault: isApproved, at: start)
        let end = start + .seconds(20)
        #expect(scene.answer(at: end + .nanoseconds(-1)) == .asks(until: end))
        #expect(scene.answer(at: end) == (isApproved ? .granted : .refused(.timedOut)))
    }

    @Test("12.1 (1): a client disabled while its peer waits is refused when the delay is over")
    func disabledWhileWaiting() {
        var scene = Scene(at: start)
        scene.isEnabled = false
        #expect(scene.answer(at: start + .seconds(5)) == .refused(.disabled))
        #expect(scene.answer(at: start + .seconds(20)) == .refused(.disabled))
        #expect(scene.answer(at: start + .seconds(20), hearing: .approved) == .refused(.disabled))
    }

    @Test("4.6 wait: the delay is the one that was in force when the peer came")
    func changedDelay() {
        let scene = Scene(at: start)
        let longer = ServiceHarness.client(approvalDelay: .seconds(1000))
        #expect(scene.answer(at: start + .seconds(20), settings: longer) == .granted)
        let none = ServiceHarness.client(approvalDelay: .zero)
        #expect(scene.answer(at: start + .seconds(1), settings: none) == .granted)
    }

    @Test("4.6: a decision holds for its duration, and not a nanosecond longer")
    func duration() {
        var scene = Scene(at: start)
        scene.approval.decide(.approved, for: .seconds(3), at: start)
        #expect(scene.answer(at: start + .seconds(3) + .nanoseconds(-1)) == .granted)
        #expect(
            scene.answer(at: start + .seconds(3)) == .asks(until: start + .seconds(20)))
    }

    @Test("12.1 (17): a later decision has a full duration of its own, whatever was before")
    func laterDecision() {
        var approval = Approval()
        approval.decide(.denied, for: .seconds(10), at: start)
        approval.decide(.approved, for: .seconds(10), at: start + .seconds(9))
        #expect(approval.decision(at: start + .seconds(10)) == .approved)
        #expect(approval.decision(at: start + .seconds(19) + .nanoseconds(-1)) == .approved)
        #expect(approval.decision(at: start + .seconds(19)) == nil)
        approval.decide(.denied, for: .zero, at: start + .seconds(12))
        #expect(approval.decision(at: start + .seconds(12)) == nil)
    }

    @Test("12.1 (17): a decision without any duration reaches those who wait, and nobody else")
    func noDuration() {
        var scene = Scene(at: start)
        scene.approval.decide(.approved, for: .zero, at: start)
        #expect(scene.answer(at: start, hearing: .approved) == .granted)
        #expect(scene.answer(at: start) == .asks(until: start + .seconds(20)))
        scene.approval.decide(.denied, for: .zero, at: start)
        #expect(scene.answer(at: start, hearing: .denied) == .refused(.denied))
    }

    @Test("approvals are pending from the arrival of a peer with a delay until it is gone")
    func pending() {
        var approval = Approval()
        let waiting = ServiceHarness.client(approvalDelay: .seconds(1))
        let first = approval.begin(waiting, at: start)
        let second = approval.begin(waiting, at: start)
        let other = approval.begin(ServiceHarness.client(), at: start)
        #expect(approval.pendingCount == 2)
        approval.end(other)
        approval.end(first)
        #expect(approval.pendingCount == 1)
        approval.end(second)
        #expect(approval.pendingCount == 0)
    }
}
