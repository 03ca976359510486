import CShims.Linux
import Foundation
import Testing

@testable import Mandos

struct SystemLogSinkTests {
    let daemon = LogDaemon()

    func sink(_ serviceName: String = "Mandos") -> SystemLogSink {
        SystemLogSink(serviceName: serviceName, path: daemon.path)
    }

    static let levels: [(LogLevel, Int)] = [
        (.critical, 26), (.error, 27), (.warning, 28), (.info, 30), (.debug, 31),
    ]

    @Test("a line is one datagram: priority, process, level, text, NUL", arguments: levels)
    func form(_ level: LogLevel, _ priority: Int) {
        daemon.start()
        sink().write(level, "text")
        let line = "<\(priority)>Mandos [\(getpid())]: \(level.label): text\0"
        #expect(daemon.receiveAll() == [line])
    }

    @Test("another service name stands in the line as it is, but for control characters")
    func serviceName() {
        daemon.start()
        let sink = sink("%n %s\n")
        sink.write(.info, "one")
        sink.serviceName = "Mandos #2"
        sink.write(.info, "two")
        sink.serviceName = "Mandos"
        sink.write(.info, "three")
        #expect(
            daemon.receiveAll() == [
                "<30>Mandos (%n %s\\n) [\(getpid())]: INFO: one\0",
                "<30>Mandos (Mandos #2) [\(getpid())]: INFO: two\0",
                "<30>Mandos [\(getpid())]: INFO: three\0",
            ])
    }

    @Test("without a log daemon nothing happens, and a later one learns what was lost")
    func absence() {
        let sink = sink()
        for _ in 0..<3 { sink.write(.error, "nobody listens") }
        daemon.start()
        sink.write(.info, "at last")
        #expect(daemon.receiveAll().map { $0.dropFirst(4) } == report(3) + [text("INFO: at last")])
        sink.write(.info, "and again")
        #expect(daemon.receiveAll().map { $0.dropFirst(4) } == [text("INFO: and again")])
    }

    @Test("a restarted log daemon gets the next line")
    func restart() {
        daemon.start()
        let sink = sink()
        sink.write(.info, "one")
        daemon.stop()
        daemon.start()
        sink.write(.info, "two")
        #expect(daemon.receiveAll().map { $0.dropFirst(4) } == [text("INFO: two")])
        daemon.stop()
        sink.write(.info, "three")
        daemon.start()
        sink.write(.info, "four")
        #expect(daemon.receiveAll().map { $0.dropFirst(4) } == report(1) + [text("INFO: four")])
    }

    @Test("a log daemon that does not read is not waited for")
    func fullQueue() {
        daemon.start()
        let sink = sink()
        for number in 0..<2000 { sink.write(.info, "\(number)") }
        let queued = daemon.receiveAll().count
        #expect(queued > 0 && queued < 2000)
        sink.write(.info, "again")
        #expect(
            daemon.receiveAll().map { $0.dropFirst(4) }
                == report(2000 - queued) + [text("INFO: again")])
    }

    @Test("at the start a log daemon that reads slowly is waited for, and no line is lost")
    func patience() {
        daemon.start()
        let sink = sink()
        sink.patience = .seconds(60)
        nonisolated(unsafe) let daemon = daemon
        nonisolated(unsafe) var lines: [String] = []
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            while lines.count < 500, let line = daemon.receive(isWaiting: true) {
                lines.append(line)
            }
            done.signal()
        }
        for number in 0..<500 { sink.write(.error, "\(number)") }
        done.wait()
        #expect(lines.map { $0.dropFirst(4) } == (0..<500).map { text("ERROR: \($0)") })
    }

    @Test("one that does not read at all is not waited for longer than in all it may be")
    func endOfPatience() {
        daemon.start()
        let sink = sink()
        sink.patience = .milliseconds(5)
        for number in 0..<2000 { sink.write(.error, "\(number)") }
        #expect(sink.patience <= .zero)
        #expect(daemon.receiveAll().count < 2000)
    }

    @Test("a path that fits into no socket address is a log daemon that is not there")
    func longPath() {
        let sink = SystemLogSink(
            serviceName: "Mandos", path: "/" + String(repeating: "x", count: 300))
        sink.write(.info, "text")
    }

    private func text(_ text: String) -> Substring { "Mandos [\(getpid())]: \(text)\0"[...] }

    private func report(_ count: Int) -> [Substring] {
        [text("WARNING: log lines lost, since the log daemon did not take them: \(count)")]
    }
}
