/// Signals as events. They are handled last in a turn, after everything else that became ready.
/// Letting go of it ends the reports; the signals stay blocked.
@usableFromInline  // see Descriptor
package struct Signals: ~Copyable {
    private let source: SignalSource

    /// Blocks `signals` for the process and calls `handler` for each that arrives.
    package init(
        _ signals: [CInt], on loop: EventLoop, handler: @escaping (CInt) -> Void
    ) throws(SystemError) {
        source = try SignalSource(signals, on: loop, handler: handler)
    }

    deinit { source.stop() }
}

private final class SignalSource {
    private let handler: (CInt) -> Void
    private var watch: Watch?

    init(
        _ signals: [CInt], on loop: EventLoop, handler: @escaping (CInt) -> Void
    ) throws(SystemError) {
        self.handler = handler
        let descriptor = try loop.kernel.openSignals(signals)
        // Strongly held, which `stop` ends.
        watch = try loop.watch(descriptor, for: .input) { [self] _ in
            loop.later { [self] in drain() }
        }
    }

    func stop() { watch = nil }

    private func drain() {
        while let signal = next() { handler(signal) }
    }

    /// An error is as good as no signal: the descriptor stays ready, and the next turn tries again.
    private func next() -> CInt? { (try? watch?.readSignal()) ?? nil }
}
