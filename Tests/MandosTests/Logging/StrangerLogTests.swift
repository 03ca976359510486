import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

@Suite("The log of strangers") struct StrangerLogTests {
    private let loop: EventLoop
    private let kernel: SimulatedKernel
    private let sink = RecordingSink()
    private let log: Log
    private let peer = SocketAddress.loopback(.ipv4, port: 4711)

    init() throws {
        kernel = try SimulatedKernel()
        loop = EventLoop(kernel: kernel)
        log = Log(threshold: .info, sinks: [sink])
    }

    private func pass(_ span: Duration) throws {
        let end = loop.now + span
        let timer = loop.timer(at: end) {}
        while loop.now < end { try loop.turn() }
        _ = consume timer
    }

    @Test("the number of lines that were left out is told when the minute is over, without another")
    func reports() throws {
        let strangers = StrangerLog(log, on: loop)
        for number in 0..<100 { strangers.write(.badVersion, from: peer, "line \(number)") }
        #expect(sink.lines.count == 5)
        try pass(.seconds(61))
        #expect(
            sink.lines.last
                == "INFO: 127.0.0.1: and 95 more like this in a minute: unknown protocol version")
        #expect(sink.lines.count == 6)
        strangers.stop()
        #expect(loop.registrationCount == 0)
    }

    @Test("and at the latest when the server ends, as is the end of a flood")
    func stop() {
        let strangers = StrangerLog(log, on: loop)
        for _ in 0..<300 {
            strangers.write(.handshake, from: peer, "handshake failed")
            strangers.noteRefusal(of: peer)
        }
        strangers.stop()
        let warnings = sink.lines.filter { $0.hasPrefix("WARNING") }
        #expect(warnings.count == 3, "the first handshake, the begin of the flood and its end")
        #expect(
            warnings.last?.contains("there were 300 in 0.0 s, at least 300 of them from 127.0.0.1")
                == true)
        #expect(sink.contains(.info, "and 295 more like this"))
        #expect(loop.registrationCount == 0)
    }

    @Test("the first failed handshake of a source is a warning, and during a flood none is")
    func levels() throws {
        let strangers = StrangerLog(log, on: loop)
        strangers.write(.handshake, from: peer, "one")
        strangers.write(.handshake, from: peer, "two")
        for _ in 0..<200 { strangers.noteRefusal(of: peer) }
        let other = try #require(SocketAddress(.ipv4, bytes: [192, 0, 2, 1]))
        strangers.write(.handshake, from: other, "three")
        #expect(sink.contains(.warning, "one"))
        #expect(sink.contains(.info, "two"))
        #expect(sink.contains(.info, "three"))
        strangers.stop()
    }

    @Test("at DEBUG, no line is left out")
    func debug() {
        log.threshold = .debug
        let strangers = StrangerLog(log, on: loop)
        for number in 0..<100 { strangers.write(.badVersion, from: peer, "line \(number)") }
        #expect(sink.lines.count == 100)
        #expect(sink.lines.last == "DEBUG: line 99")
        strangers.stop()
    }

    @Test("the end of a flood is told by a timer, once")
    func floodEnds() throws {
        let strangers = StrangerLog(log, on: loop)
        for _ in 0..<1000 { strangers.noteRefusal(of: peer) }
        try pass(.seconds(10))
        for _ in 0..<60 { strangers.noteRefusal(of: peer) }
        try pass(.seconds(200))
        #expect(sink.lines.filter { $0.hasPrefix("WARNING") }.count == 2)
        #expect(sink.contains(.warning, "there were 1060 in 10.0 s"))
        strangers.stop()
    }
}
