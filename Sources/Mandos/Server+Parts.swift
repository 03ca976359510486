internal import Reactor

// The parts, each made as the settings say.
extension Server {
    func makeLoop() throws(StartError) -> EventLoop {
        do throws(SystemError) {
            return EventLoop(kernel: try LinuxKernel())
        } catch {
            throw StartError(error.text)
        }
    }

    func makeTLSContext() throws(StartError) -> TLSContext {
        let priority = PriorityString(configured: settings.priority)
        if priority.isReplacement {
            log.warning(
                "\(settings.priorityPlace.text) “\(settings.priority)” is for OpenPGP keys, which "
                    + "GnuTLS has no more; using “\(priority.text)”; leave the setting out")
        }
        do throws(PriorityError) {
            let context = try TLSContext(priority: priority.text)
            if let text = context.costs.text {
                log.warning("\(settings.priorityPlace.text) \(text)")
            }
            if !context.hasTLS13 {
                log.warning(
                    "\(settings.priorityPlace.text) has no TLS 1.3: a client that has no such string "
                        + "of its own cannot boot; add “:+VERS-TLS1.3”, or leave the setting out")
            }
            return context
        } catch {
            throw StartError("\(settings.priorityPlace.text) \(error.problem)")
        }
    }

    func makeReader(on loop: EventLoop) throws(StartError) -> ConfigurationReader {
        do throws(SystemError) {
            return try ConfigurationReader(directory: directory, base: base, on: loop, log: log)
        } catch {
            throw StartError("cannot start the configuration reader: \(error.text)")
        }
    }

    func makeKeeper(on loop: EventLoop) -> PIDFileKeeper? {
        do throws(SystemError) {
            return try PIDFileKeeper(on: loop, log: log)
        } catch {
            log.error("cannot write \(PIDFile.standardPath): \(error.text)")
            return nil
        }
    }

    /// nil if this process may not send pings: then programs have to.
    func makePinger(on loop: EventLoop) -> Pinger? {
        do throws(SystemError) {
            return try Pinger(on: loop)
        } catch {
            log.write(
                settings.usesNativeChecks ? .warning : .debug,
                "no pings without a program: \(error.text)")
            return nil
        }
    }

    /// nil if no bus may be used.
    func findNames(for pinger: Pinger, over bus: Bus?) -> BusNames? {
        guard let bus else { return nil }
        let names = BusNames()
        bus.add(names)
        pinger.ask(names)
        return names
    }

    func makeNotifier(
        of registry: ClientRegistry, _ state: StateKeeper, at address: SocketAddress,
        on loop: EventLoop
    ) -> ServiceNotifier? {
        let line = StatusLine(registry, endpoint: address.text, sharingKey: sharedKeys.count)
        line.stateProblems = { state.problems }
        let notifier = ServiceNotifier(service, on: loop, log: log) { line.text }
        guard let notifier else { return nil }
        line.changed = { [unowned(unsafe) notifier] in unsafe notifier.statusChanged() }
        registry.add(line)
        return notifier
    }

    func makeStateKeeper(on loop: EventLoop) -> StateKeeper {
        let store = SQLiteStore(directory: settings.stateDirectory)
        store.isEmptyPickle = { PickledState.isEmpty(at: $0) }
        let keeper = StateKeeper(
            store, on: loop, log: log, interval: settings.saveInterval,
            keptFor: settings.revocationsKept)
        keeper.remedy = { [directory = settings.stateDirectory] in
            StateOwnership(directory).remedy
        }
        keeper.leftovers = { [directory = settings.stateDirectory] in
            StateLeftovers.names(in: directory)
        }
        return keeper
    }

    /// For the state of a server in Python, of which nobody knows here who was disabled or removed.
    private func importAdvice(_ pickle: String) -> String {
        var command = "mandos --import-state \(ShellQuoting.quoted(pickle))"
        let standard = ServerSettings()
        if directory != "/etc/mandos" {
            command += " --configdir \(ShellQuoting.quoted(directory))"
        }
        if settings.stateDirectory != standard.stateDirectory {
            command += " --statedir \(ShellQuoting.quoted(settings.stateDirectory))"
        }
        return "\(pickle) is the state of a server in Python, and was not taken over: clients that "
            + "were disabled or removed in it would be trusted again; run “\(command)” first, or "
            + "start with --no-restore to begin as clients.conf says"
    }

    func restore(
        _ clients: [ClientSettings], from state: StateKeeper
    ) throws(StartError) -> [ClientRecord] {
        do throws(StateError) {
            return try state.restore(
                clients, rejected: rejectedClients, sharedKeys: sharedKeys,
                isIgnoring: !settings.restoresState)
        } catch {
            if case .notImported(let path) = error { throw StartError(importAdvice(path)) }
            switch error {
            case .unreadable, .notWritten:
                throw StartError([error.text, state.remedy()].compactMap { $0 })
            case .inUse, .newer, .notImported: throw StartError(error.text)
            }
        }
    }

    /// Shows what is wrong with the saved state where an operator looks.
    func showProblems(of state: StateKeeper, _ bus: BusService?) {
        bus?.show(stateProblems: state.problems)
        state.problemsChanged = { [unowned(unsafe) self, unowned(unsafe) state] in
            unsafe bus?.show(stateProblems: state.problems)
            unsafe self.notifier?.statusChanged()
        }
    }

    func checkerPolicy(_ pinger: Pinger?) -> CheckerPolicy {
        var policy = CheckerPolicy()
        policy.pinger = pinger
        policy.replacesFping = settings.usesNativeChecks
        policy.countMax = settings.limits.checkersMax ?? ResourceLimits.checkersMax
        policy.isEchoing = settings.isDebugging
        policy.grain = .milliseconds(50)
        return policy
    }

    func warnOfUnusedSockets() {
        for socket in service.sockets where Int(socket.number) != inheritedNumber {
            let name = socket.name.map { "“\($0)”" } ?? "without a name"
            log.warning(
                "the service manager passes a socket \(name), which is not used: "
                    + "expected one that is called “mandos”")
        }
    }

    func serve(
        _ registry: ClientRegistry, over bus: Bus, on loop: EventLoop, _ address: SocketAddress
    ) -> BusService {
        let facts = ServerFacts(
            address: address.host, port: address.port, interface: settings.interface,
            serviceName: settings.serviceName)
        let service = BusService(registry, on: bus, loop: loop, log: log, facts: facts)
        service.start()
        return service
    }
}
