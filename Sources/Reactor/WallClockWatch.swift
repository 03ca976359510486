/// Tells when somebody sets the wall clock: nothing is due sooner or later for it, but what is shown
/// of the calendar is another. Letting go of it ends the reports.
@usableFromInline  // see Descriptor
package struct WallClockWatch: ~Copyable {
    private let source: WallClockSource

    package init(on loop: EventLoop, handler: @escaping () -> Void) throws(SystemError) {
        source = try WallClockSource(on: loop, handler: handler)
    }

    deinit { source.stop() }
}

private final class WallClockSource {
    private var watch: Watch?

    init(on loop: EventLoop, handler: @escaping () -> Void) throws(SystemError) {
        let descriptor = try loop.kernel.openWallClockWatch()
        // Strongly held, which `stop` ends.
        watch = try loop.watch(descriptor, for: .input) { [self] _ in
            if (try? watch?.readWallClockWatch()) == true { handler() }
        }
    }

    func stop() { watch = nil }
}
