import CShims.Linux
import Reactor
import ReactorSimulation
import Testing

@testable import Mandos

struct ServiceNotifierTests {
    /// A notifier and the service manager that it tells, in simulated time.
    private final class Fixture {
        let manager: LogDaemon
        let sink = RecordingSink()
        let kernel: SimulatedKernel
        let loop: EventLoop
        private(set) var notifier: ServiceNotifier?
        var status = "one"

        init(watchdog: Duration? = nil, isAbstract: Bool = false, isThere: Bool = true) throws {
            manager = LogDaemon(isAbstract: isAbstract)
            if isThere { manager.start() }
            kernel = try SimulatedKernel()
            loop = EventLoop(kernel: kernel)
            var environment = ServiceEnvironment()
            environment.notifySocket = manager.path
            environment.watchdog = watchdog
            let log = Log(threshold: .debug, sinks: [sink])
            notifier = ServiceNotifier(environment, on: loop, log: log) { [unowned self] in status }
        }

        /// What was told until then.
        func told(within span: Duration = .zero) throws -> [String] {
            let end = loop.now + span
            var isOver = false
            let limit = loop.timer(at: end) { isOver = true }
            while !isOver { try loop.turn() }
            _ = consume limit
            return manager.receiveAll()
        }
    }

    @Test("nobody is told where there is no service manager")
    func none() throws {
        let loop = EventLoop(kernel: try SimulatedKernel())
        let log = Log(threshold: .debug, sinks: [])
        #expect(ServiceNotifier(ServiceEnvironment(), on: loop, log: log) { "" } == nil)
    }

    @Test("it is ready when it listens", arguments: [false, true])
    func ready(isAbstract: Bool) throws {
        let fixture = try Fixture(isAbstract: isAbstract)
        #expect(try fixture.told() == [])
        fixture.notifier?.listens(announcing: false)
        #expect(try fixture.told(within: .seconds(60)) == ["READY=1\nSTATUS=one"])
    }

    @Test("it is ready when it is announced, if it is to be")
    func announced() throws {
        let fixture = try Fixture()
        fixture.notifier?.listens(announcing: true)
        #expect(try fixture.told(within: .seconds(9)) == [])
        fixture.notifier?.isAnnounced()
        fixture.notifier?.isAnnounced()
        #expect(try fixture.told(within: .seconds(60)) == ["READY=1\nSTATUS=one"])
    }

    @Test("an announcement may come first")
    func announcedBefore() throws {
        let fixture = try Fixture()
        fixture.notifier?.isAnnounced()
        #expect(try fixture.told() == [])
        fixture.notifier?.listens(announcing: true)
        #expect(try fixture.told() == ["READY=1\nSTATUS=one"])
    }

    @Test("an announcement that does not succeed does not keep it from being ready")
    func unannounced() throws {
        let fixture = try Fixture()
        fixture.notifier?.listens(announcing: true)
        #expect(try fixture.told(within: .seconds(10)) == ["READY=1\nSTATUS=one"])
    }

    @Test("a crowd of changes is one new status")
    func status() throws {
        let fixture = try Fixture()
        fixture.notifier?.statusChanged()
        fixture.notifier?.listens(announcing: false)
        _ = try fixture.told()
        for number in 0..<100 {
            fixture.status = "\(number)\nREADY=1"
            fixture.notifier?.statusChanged()
        }
        #expect(try fixture.told(within: .seconds(60)) == ["STATUS=99\\nREADY=1"])
        fixture.notifier?.statusChanged()
        #expect(try fixture.told(within: .seconds(60)).count == 1)
    }

    @Test("the watchdog hears of the loop twice in its time, and not before the server is ready")
    func watchdog() throws {
        let fixture = try Fixture(watchdog: .seconds(10))
        #expect(try fixture.told(within: .seconds(60)) == [])
        fixture.notifier?.listens(announcing: false)
        #expect(try fixture.told() == ["READY=1\nSTATUS=one", "WATCHDOG=1"])
        for _ in 0..<12 { #expect(try fixture.told(within: .seconds(5)) == ["WATCHDOG=1"]) }
    }

    @Test("a new configuration is announced, and then the server is ready again")
    func reloading() throws {
        let fixture = try Fixture()
        fixture.notifier?.reloads()
        fixture.notifier?.reloaded()
        #expect(try fixture.told() == [])
        fixture.notifier?.listens(announcing: false)
        fixture.notifier?.reloads()
        fixture.notifier?.reloaded()
        let told = try fixture.told()
        #expect(told.count == 3 && told[1].hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect(told.last == "READY=1\nSTATUS=one")
    }

    @Test("after the end there is nothing to tell")
    func stopping() throws {
        let fixture = try Fixture(watchdog: .seconds(10))
        fixture.notifier?.listens(announcing: false)
        fixture.notifier?.statusChanged()
        fixture.notifier?.stops()
        fixture.notifier?.stops()
        fixture.notifier?.statusChanged()
        let told = try fixture.told(within: .seconds(60))
        #expect(told == ["READY=1\nSTATUS=one", "WATCHDOG=1", "STOPPING=1\nSTATUS=stopping"])
        #expect(fixture.loop.registrationCount == 0)
    }

    @Test("what a full queue does not take is told later, as it is then")
    func fullQueue() throws {
        let fixture = try Fixture()
        fixture.notifier?.listens(announcing: false)
        for _ in 0..<2000 {
            fixture.notifier?.reloads()
            fixture.notifier?.reloaded()
        }
        fixture.status = "two"
        let told = fixture.manager.receiveAll()
        #expect(told.count < 2000 && told.last != "READY=1\nSTATUS=two")
        #expect(try fixture.told(within: .seconds(1)) == ["READY=1\nSTATUS=two"])
    }

    @Test("a service manager that begins anew is told where the server is")
    func restart() throws {
        let fixture = try Fixture(watchdog: .seconds(10))
        fixture.notifier?.listens(announcing: false)
        _ = try fixture.told()
        fixture.manager.stop()
        fixture.manager.start()
        let told = try fixture.told(within: .seconds(6))
        #expect(told.contains("READY=1\nSTATUS=one"))
    }

    @Test("one that is not there is a warning, and stops nobody")
    func absent() throws {
        let fixture = try Fixture(watchdog: .seconds(10), isThere: false)
        fixture.notifier?.listens(announcing: false)
        #expect(try fixture.told(within: .seconds(60)) == [])
        #expect(fixture.sink.contains(.warning, "cannot tell the service manager"))
    }
}
