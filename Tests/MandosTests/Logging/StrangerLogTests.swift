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
            strangers.noteRefusal(of: peer, .handshake)
        }
        strangers.stop()
        let warnings = sink.lines.filter { $0.hasPrefix("WARNING") }
        #expect(warnings.count == 3, "the first handshake, the begin of the flood and its end")
        #expect(
            warnings.last
                == "WARNING: flood of unknown peers is over: 300 connections in 0.0 s")
        #expect(sink.contains(.info, "and 295 more like this"))
        #expect(loop.registrationCount == 0)
    }

    @Test("the first failed handshake of a source is a warning, and during a flood none is")
    func levels() throws {
        let strangers = StrangerLog(log, on: loop)
        strangers.write(.handshake, from: peer, "one")
        strangers.write(.handshake, from: peer, "two")
        for _ in 0..<200 { strangers.noteRefusal(of: peer, .handshake) }
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
        for _ in 0..<1000 { strangers.noteRefusal(of: peer, .handshake) }
        try pass(.seconds(10))
        for _ in 0..<60 { strangers.noteRefusal(of: peer, .handshake) }
        try pass(.seconds(200))
        #expect(sink.lines.filter { $0.hasPrefix("WARNING") }.count == 2)
        #expect(sink.contains(.warning, "is over: 1060 connections in 10.0 s"))
        strangers.stop()
    }

    @Test("a flood that goes on is told of every ten minutes, with what has come since")
    func reminders() throws {
        let strangers = StrangerLog(log, on: loop)
        let other = try #require(SocketAddress(.ipv4, bytes: [192, 0, 2, 1]))
        for _ in 0..<200 { strangers.noteRefusal(of: peer, .badVersion) }
        #expect(
            sink.lines.last?.hasPrefix(
                "WARNING: flood of unknown peers: 200 connections in 0.0 s, all of them from "
                    + "127.0.0.1; 200 of them: unknown protocol version; ") == true)
        for _ in 0..<24 {
            try pass(.seconds(50))
            for _ in 0..<100 { strangers.noteRefusal(of: other, .handshake) }
        }
        let reminders = sink.lines.filter { $0.contains("goes on") }
        #expect(reminders.count == 2)
        #expect(
            reminders.last
                == "WARNING: flood of unknown peers goes on: 1200 connections in 600.0 s, all of "
                + "them from 192.0.2.1; 1200 of them: TLS handshake failed; 2500 connections "
                + "since it began", "\(reminders)")
        strangers.stop()
    }
}
