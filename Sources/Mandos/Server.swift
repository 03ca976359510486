internal import CShims.Linux
internal import Reactor

/// Puts the parts together: reads the configuration, opens what it needs, serves, stops.
@safe package final class Server {
    private let settings: ServerSettings
    private let directory: String
    private let log: Log
    private let files = LinuxSecretFileReader()
    private var isStopping = false
    /// Sections of clients.conf that are left out.
    private var rejectedClients: [ClientName] = []

    /// Runs a server until a signal ends it.
    ///
    /// - Returns: the exit status, see mandos(8), EXIT STATUS.
    package static func run(_ options: Options, program: String) -> CInt {
        let directory = options.configDirectory ?? "/etc/mandos"
        let server: Server
        do throws(ConfigErrors) {
            let settings = try Self.settings(in: directory, options)
            if settings.lacksPort {
                let error = UsageError("without Zeroconf, a port or a socket is required")
                StandardStream.printError(error.text(program: program))
                return UsageError.exitStatus
            }
            server = try Server(settings, directory, program)
        } catch {
            let lines = error.errors.map { $0.text }
            // Somebody who has no terminal has to learn of it too.
            let log = Log(threshold: .critical, sinks: [SystemLogSink(serviceName: "Mandos")])
            for line in lines { log.critical(line) }
            Self.complain(lines, program)
            return 1
        }
        do throws(StartError) {
            try server.serve()
            return 0
        } catch {
            for line in error.lines { server.log.critical(line) }
            if !server.settings.isDebugging { Self.complain(error.lines, program) }
            return 1
        }
    }

    private static func complain(_ lines: [String], _ program: String) {
        for line in lines { StandardStream.printError("\(program): \(line)\n") }
    }

    private static func settings(
        in directory: String, _ options: Options
    ) throws(ConfigErrors) -> ServerSettings {
        let path = "\(directory)/mandos.conf"
        var settings = ServerSettings()
        // Whoever has no such file, or may not read it, gets the defaults.
        if let text = try? LinuxSecretFileReader().read(path) {
            settings = try ServerSettings(file: text, name: path)
        }
        settings.apply(options)
        return settings
    }

    private init(
        _ settings: ServerSettings, _ directory: String, _ program: String
    ) throws(ConfigErrors) {
        self.settings = settings
        self.directory = directory
        var sinks: [any LogSink] = [SystemLogSink(serviceName: settings.serviceName)]
        if settings.isDebugging { sinks.append(TerminalSink(program: program)) }
        do throws(ConfigError) {
            log = Log(threshold: try settings.logLevel(), sinks: sinks)
        } catch {
            throw ConfigErrors([error])
        }
    }

    private func serve() throws(StartError) {
        let loop = try makeLoop()
        // First of all, so that from here on a signal means an orderly end.
        let signals = try watchSignals(on: loop)
        try serve(on: loop)
        _ = consume signals
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

    private func serve(on loop: EventLoop) throws(StartError) {
        Privileges.forbidCoreFile()
        let tls = try makeTLSContext()
        let clients = try readClients()
        let socket = try ListeningSocket(settings: settings, kernel: loop.kernel, log: log).open()
        if let warning = try Privileges.drop() { log.warning(warning) }
        Privileges.forbidCoreFile()  // again, as another user
        if settings.isDebugging { TLSDebugLog.start(log) }
        warnOfMissingParts()

        let state = StateKeeper(settings, on: loop, log: log)
        let registry = ClientRegistry(
            try restore(clients, from: state), on: loop, log: log, checkers: checkerPolicy)
        if registry.count == 0 { log.warning("no clients defined") }
        let service = ConnectionService(
            loop: loop, tls: tls, registry: registry, log: log, limits: settings.limits)
        defer {
            service.stop()
            state.stop()
            registry.stop(within: Self.checkerGracePeriod)
            reapCheckers(on: loop)
            log.debug("stopped")
        }
        registry.start()
        state.follow(registry)
        do throws(SystemError) {
            try loop.kernel.listen(socket)
            let address = try loop.kernel.localAddress(of: socket)
            log.info("listening on \(address.text)")
            try service.serve(socket)
            log.debug("main loop begins")
            while !isStopping { try loop.turn() }
        } catch {
            throw StartError(error.text)
        }
    }

    private func restore(
        _ clients: [ClientSettings], from state: StateKeeper
    ) throws(StartError) -> [ClientRecord] {
        do throws(StateError) {
            return try state.restore(
                clients, rejected: rejectedClients, isIgnoring: !settings.restoresState)
        } catch {
            throw StartError(error.text)
        }
    }

    /// Until nothing is registered any more but the signals, which is when the last checker has been
    /// reaped. One that not even SIGKILL ends at once is left to the init system.
    private func reapCheckers(on loop: EventLoop) {
        let limit = loop.timer(after: Self.checkerGracePeriod * 2) {}
        let end = loop.now + Self.checkerGracePeriod * 2
        while loop.registrationCount > 2, loop.now < end, (try? loop.turn()) != nil {}
        _ = consume limit
    }

    /// What a checker has for its own end when the server ends.
    private static let checkerGracePeriod: Duration = .milliseconds(40)

    private var checkerPolicy: CheckerPolicy {
        var policy = CheckerPolicy()
        policy.countMax = settings.limits.checkersMax ?? ResourceLimits.checkersMax
        policy.isEchoing = settings.isDebugging
        return policy
    }

    private func receive(_ signal: CInt) {
        guard signal != SIGPIPE else { return }  // a terminal that is gone
        log.debug("ended by signal \(signal)")
        isStopping = true
    }

    private func makeLoop() throws(StartError) -> EventLoop {
        do throws(SystemError) {
            return EventLoop(kernel: try LinuxKernel())
        } catch {
            throw StartError(error.text)
        }
    }

    private func makeTLSContext() throws(StartError) -> TLSContext {
        let priority = PriorityString(configured: settings.priority)
        if priority.isReplacement {
            log.warning(
                "priority: “\(settings.priority)” is for OpenPGP keys, which GnuTLS has no more; "
                    + "using “\(priority.text)”; remove the setting from mandos.conf")
        }
        do throws(PriorityError) {
            return try TLSContext(priority: priority.text)
        } catch {
            throw StartError("\(directory)/mandos.conf: priority: \(error.problem)")
        }
    }

    private func readClients() throws(StartError) -> [ClientSettings] {
        let path = "\(directory)/clients.conf"
        let text: SensitiveBytes
        do throws(FileError) {
            text = try files.read(path)
        } catch {
            guard error.isMissing else { throw StartError("\(path): \(error.reason)") }
            log.warning("\(path): \(error.reason)")
            return []
        }
        do throws(ConfigErrors) {
            let file = try ClientsFile(text, name: path, files: files, lookup: LinuxPathLookup())
            for error in file.errors { log.error(error.text) }
            rejectedClients = file.rejected
            for name in file.rejected { log.error("client \(name.text): left out, see above") }
            for note in file.notes { log.warning(note.text) }
            for client in file.clients {
                log.debug("client \(client.name.text): key ID \(client.keyIDText)")
            }
            return file.clients
        } catch {
            throw StartError(error.errors.map { $0.text })
        }
    }

    /// What is on by default, but not part of the program yet.
    private func warnOfMissingParts() {
        var missing: [String] = []
        if settings.usesDBus { missing.append("the D-Bus service") }
        if settings.announcement != .none { missing.append("the Zeroconf announcement") }
        if !settings.staysInForeground { missing.append("daemon mode") }
        guard !missing.isEmpty else { return }
        log.warning("not in this version: \(missing.joined(separator: ", "))")
    }
}
