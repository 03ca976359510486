internal import CShims.Linux
internal import Reactor

// From the command line to a server, or to a message why there is none.
extension Server {
    /// Runs a server until a signal ends it. A daemon is forked here, unless the settings say
    /// otherwise: then this returns in the daemon only, and the process that was called exits.
    ///
    /// - Returns: the exit status, see mandos(8), EXIT STATUS.
    package static func run(_ options: Options, program: String) -> CInt {
        StandardDescriptors.fillGaps()
        cshim_reset_signals()
        let service = ServiceEnvironment.take()
        let base = WorkingDirectory.current
        let directory = options.configDirectory ?? "/etc/mandos"
        do throws(ConfigErrors) {
            var settings = try Self.settings(in: directory, options, base: base)
            settings.adopt(service)
            if settings.lacksPort {
                let error = UsageError("without Zeroconf, a port or a socket is required")
                StandardStream.printError(error.text(program: program))
                return UsageError.exitStatus
            }
            var place = directory
            if !settings.staysInForeground {
                place = WorkingDirectory.absolute(directory, from: base)
                StandardDescriptors.closeOthers(but: settings.socket)
            }
            let server = try make(settings, place, base: base, program: program)
            server.service = service
            return server.run(program: program)
        } catch {
            let lines = error.errors.map { $0.text }
            // Somebody who has no terminal has to learn of it too.
            let sink = SystemLogSink(serviceName: "Mandos")
            sink.patience = SystemLogSink.patienceAtStart
            let log = Log(threshold: .critical, sinks: [sink])
            for line in lines { log.critical(line) }
            complain(lines, program)
            return 1
        }
    }

    static func complain(_ lines: [String], _ program: String) {
        for line in lines { StandardStream.printError("\(program): \(line)\n") }
    }

    static func settings(
        in directory: String, _ options: Options, base: String
    ) throws(ConfigErrors) -> ServerSettings {
        var settings = try ServerSettings(in: directory)
        settings.apply(options)
        settings.stateDirectory = WorkingDirectory.absolute(settings.stateDirectory, from: base)
        return settings
    }

    private static func make(
        _ settings: ServerSettings, _ directory: String, base: String, program: String
    ) throws(ConfigErrors) -> Server {
        do throws(ConfigError) {
            return try Server(settings, directory, base: base, program: program)
        } catch {
            throw ConfigErrors([error])
        }
    }
}

// From the files to clients.
extension Server {
    func clients(in answer: ConfigurationReader.Answer) throws(StartError) -> [ClientSettings] {
        switch answer {
        case .failure(let problem): throw StartError("cannot read clients.conf: \(problem)")
        case .files(let files):
            for note in settings.remarks.notes { log.warning(note.text) }
            warnOfProtection(of: files)
            warnOfProtectionOfState()
            return try clients(in: files)
        }
    }

    private func clients(in files: ConfigurationFiles) throws(StartError) -> [ClientSettings] {
        let path = "\(directory)/clients.conf"
        let text: SensitiveBytes
        do throws(FileError) {
            guard let file = files.clients else { throw .system(code: EIO) }
            text = try file.take()
        } catch {
            guard error.isMissing else { throw StartError("\(path): \(error.reason)") }
            log.warning("\(path): \(error.reason)")
            return []
        }
        do throws(ConfigErrors) {
            let file = try ClientsFile(text, name: path, files: files, lookup: LinuxPathLookup())
            for error in file.errors { log.error(error.text) }
            rejectedClients = file.rejected
            sharedKeys = file.sharedKeys
            for line in Restoration.lines(.error, "left out, see above", file.rejected) {
                log.error(line.text)
            }
            for note in file.notes { log.warning(note.text) }
            for client in file.clients {
                log.debug("client \(client.name.text): key ID \(client.keyIDText)")
            }
            return file.clients
        } catch {
            throw StartError(error.errors.map { $0.text })
        }
    }

    /// Without D-Bus nobody can approve.
    func warnOfApproval(in registry: ClientRegistry) {
        guard !settings.usesDBus else { return }
        let names = registry.names.sorted().filter { name in
            guard let settings = registry.record(of: name)?.settings else { return false }
            return settings.approvalDelay > .zero && !settings.isApprovedByDefault
        }
        let text = "need approval, which nobody can give without D-Bus, and so get nothing"
        for line in Restoration.lines(.warning, text, names) { log.warning(line.text) }
    }
}
