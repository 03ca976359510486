internal import CShims.Linux
internal import Reactor

/// Puts the parts together: opens what they need, serves, stops.
@safe package final class Server {
    var settings: ServerSettings
    let directory: String
    let systemLog: SystemLogSink
    let log: Log
    /// Where relative paths start.
    let base: String
    var service = ServiceEnvironment()
    var notifier: ServiceNotifier?
    /// As it was called by the one who started this process.
    private(set) var inheritedNumber: Int?
    private var isStopping = false
    /// Until when the end may take, once it has begun.
    private var stopsBy: Instant?
    /// Until its start is reported, if this is a daemon.
    private var daemon: Daemon?
    /// Sections of clients.conf that are left out.
    var rejectedClients: [ClientName] = []
    /// Those of them that are left out because they have the same key.
    var sharedKeys: [SharedKey] = []

    init(
        _ settings: ServerSettings, _ directory: String, base: String, program: String
    ) throws(ConfigError) {
        self.settings = settings
        self.directory = directory
        self.base = base
        systemLog = SystemLogSink(serviceName: settings.serviceName)
        systemLog.patience = SystemLogSink.patienceAtStart
        var sinks: [any LogSink] = [systemLog]
        if settings.isDebugging { sinks.append(TerminalSink(program: program)) }
        log = Log(threshold: try settings.logLevel(), sinks: sinks)
        try settings.checkServiceName()
    }

    /// Serves until a signal ends it.
    ///
    /// - Returns: the exit status, see mandos(8), EXIT STATUS.
    func run(program: String) -> CInt {
        do throws(StartError) {
            var inherited = try keepInheritedSocket()
            if !settings.staysInForeground { daemon = try Daemon.launch(program: program) }
            try leaveTerminal()
            try serve(&inherited)
            daemon.take()?.failed(["ended by a signal while it started"], status: 1)
            return 0
        } catch {
            for line in error.lines { log.critical(line) }
            if let daemon = daemon.take() {
                daemon.failed(error.lines, status: 1)
            } else if !settings.isDebugging {
                Self.complain(error.lines, program)
            }
            return 1
        }
    }

    /// Standard descriptors may be redirected later, so a socket among them is duplicated first.
    private func keepInheritedSocket() throws(StartError) -> Descriptor? {
        inheritedNumber = settings.socket
        guard let number = settings.socket, 0...2 ~= number else { return nil }
        do throws(SystemError) {
            let copy = Descriptor(
                adopting: try attempt("fcntl") { cshim_duplicate(CInt(number), 3) })
            settings.socket = Int(copy.raw)
            return copy
        } catch {
            throw StartError("cannot use descriptor \(number): \(error.text)")
        }
    }

    /// In the foreground it keeps what it has been given, but for standard input in debug mode.
    private func leaveTerminal() throws(StartError) {
        if settings.isDebugging { try StandardDescriptors.redirect(0...0) }
        if settings.staysInForeground { return }
        try StandardDescriptors.redirect(0...2)
        _ = unsafe chdir("/")
    }

    private func serve(_ inherited: inout Descriptor?) throws(StartError) {
        let loop = try makeLoop()
        // First of all, so that from here on a signal means an orderly end.
        let signals = try watchSignals(on: loop)
        try serve(&inherited, on: loop)
        _ = consume signals
    }

    private func serve(_ inherited: inout Descriptor?, on loop: EventLoop) throws(StartError) {
        Privileges.forbidCoreFile()
        let keeper = settings.staysInForeground ? nil : makeKeeper(on: loop)
        let reader = try makeReader(on: loop)
        let pinger = makePinger(on: loop)
        defer {
            pinger?.stop()
            reader.stop()
            keeper?.stop()
            reapChildren(on: loop)
            log.debug("stopped")
        }
        // Asked for now, the answer comes while the rest is being prepared.
        let inbox = Inbox()
        reader.request { inbox.answer = $0 }
        let tls = try makeTLSContext()
        let socket = try ListeningSocket(settings: settings, kernel: loop.kernel, log: log).open()
        inherited = nil
        if let warning = try Privileges.drop() { log.warning(warning) }
        Privileges.forbidCoreFile()  // again, as another user
        if settings.isDebugging { TLSDebugLog.start(log) }
        warnOfUnusedSockets()
        while inbox.answer == nil, try turn(loop) {}
        reader.stop()  // nothing more is asked of it
        let state = makeStateKeeper(on: loop)
        guard let registry = try makeRegistry(from: inbox, state, on: loop, pinger) else { return }
        try serve(
            registry, state, on: loop, tls: tls, socket: socket, keeper: keeper, pinger)
    }

    private final class Inbox { var answer: ConfigurationReader.Answer? }

    /// Nothing of the answer is kept but what the clients need. nil if there is none, for there
    /// came a signal.
    private func makeRegistry(
        from inbox: Inbox, _ state: StateKeeper, on loop: EventLoop, _ pinger: Pinger?
    ) throws(StartError) -> ClientRegistry? {
        guard let answer = inbox.answer.take() else { return nil }
        let registry = ClientRegistry(
            try restore(clients(in: answer), from: state), on: loop, log: log,
            checkers: checkerPolicy(pinger))
        registry.sharedKeys = sharedKeys
        if registry.count == 0 { log.warning("no clients defined") }
        warnOfApproval(in: registry)
        return registry
    }

    private func serve(
        _ registry: ClientRegistry, _ state: StateKeeper, on loop: EventLoop, tls: TLSContext,
        socket: consuming Descriptor, keeper: PIDFileKeeper?, _ pinger: Pinger?
    ) throws(StartError) {
        let service = ConnectionService(
            loop: loop, tls: tls, registry: registry, log: log, limits: settings.limits)
        let bus = settings.usesDBus ? Bus(on: loop, log: log) : nil
        let names = pinger.flatMap { findNames(for: $0, over: bus) }
        var objects: BusService?
        var announcer: Announcer?
        defer {
            stopsBy = loop.now + Self.gracePeriod * 2
            notifier?.stops()
            announcer?.stop()
            names?.stop()
            objects?.beginStop()
            service.stop()
            // What may be slow, all at the same time: checkers, the disk, the bus.
            registry.stop(within: Self.gracePeriod)
            state.stop()
            objects?.stop(within: Self.gracePeriod)
            bus?.stop()
        }
        do throws(SystemError) {
            try loop.kernel.listen(socket)
        } catch {
            let subject = inheritedNumber.map { "use descriptor \($0)" } ?? "listen"
            throw StartError("cannot \(subject): \(error.text)")
        }
        do throws(SystemError) {
            let address = try loop.kernel.localAddress(of: socket)
            try service.serve(socket)
            notifier = makeNotifier(of: registry, state, at: address, on: loop)
            let shown = bus.map { serve(registry, over: $0, on: loop, address) }
            objects = shown
            showProblems(of: state, shown)
            registry.start()
            state.follow(registry)
            log.info("listening on \(address.text)")
            bus?.start()
            announcer = announce(at: address, through: bus, on: loop) { shown?.rename($0) }
        } catch {
            throw StartError(error.text)
        }
        try keeper?.write { () throws(StartError) in try turn(loop) }
        systemLog.patience = .zero
        MemoryPolicy.returnToSystem()  // what reading took
        try reportReady()
        notifier?.listens(announcing: announcer != nil)
        log.debug("main loop begins")
        while try turn(loop) {}
    }

    /// - Returns: whether to go on.
    private func turn(_ loop: EventLoop) throws(StartError) -> Bool {
        if isStopping { return false }
        do throws(SystemError) {
            try loop.turn()
        } catch {
            throw StartError(error.text)
        }
        return !isStopping
    }

    /// Whoever ends the launching process ends the start.
    private func reportReady() throws(StartError) {
        guard !isStopping, let daemon = daemon.take() else { return }
        guard daemon.isReady() else {
            throw StartError("ended, because the process that started it was ended")
        }
    }

    private func watchSignals(on loop: EventLoop) throws(StartError) -> Signals {
        do throws(SystemError) {
            return try Signals([SIGTERM, SIGINT, SIGHUP, SIGPIPE], on: loop) { [self] in
                receive($0)
            }
        } catch {
            throw StartError(error.text)
        }
    }

    /// Until nothing is registered any more but the signals, which is when the last child has been
    /// reaped. One that not even SIGKILL ends at once is left to the init system.
    private func reapChildren(on loop: EventLoop) {
        let end = stopsBy ?? loop.now + Self.gracePeriod * 2
        let limit = loop.timer(at: end) {}
        while loop.registrationCount > 2, loop.now < end, (try? loop.turn()) != nil {}
        _ = consume limit
    }

    /// When the server ends: what a checker has for its own end, and the bus to take what is left.
    private static let gracePeriod: Duration = .milliseconds(40)

    private func receive(_ signal: CInt) {
        guard signal != SIGPIPE else { return }  // a terminal that is gone
        log.debug("ended by signal \(signal)")
        isStopping = true
    }
}
