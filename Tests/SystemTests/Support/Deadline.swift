import Foundation

/// When a test stops waiting for something that should long have happened. Machines that run tests
/// are slow and shared: no test passes or fails by how long anything took, short of this.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(_ span: Duration = .seconds(30)) { end = .now + span }

    var hasPassed: Bool { .now >= end }

    var date: Date { Date(timeIntervalSinceNow: max(0, remaining / .seconds(1))) }

    /// For poll(2).
    var milliseconds: CInt { CInt(max(0, remaining / .milliseconds(1))) }

    private var remaining: Duration { end - .now }
}
