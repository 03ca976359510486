internal import Reactor

/// How checks are begun and ended.
extension ClientRegistry {
    /// The next try is an interval away.
    func startScheduledCheck(_ client: Client) {
        do throws(CheckerTemplateError) {
            try check(client)
        } catch {
            log.error("client \(client.name.text): checker: \(error.problem)")
        }
    }

    func check(_ client: Client) throws(CheckerTemplateError) {
        guard client.checker == nil else { return }
        let record = client.record
        let method = CheckMethod(
            of: record.settings.checker, canPing: policy.pinger != nil,
            replacesFping: policy.replacesFping)
        switch method {
        case .program(let template):
            let command = try expand(template, client)
            client.checker = pool.enqueue(command, events: events(of: client, command))
            pool.startQueued()
        case .ping:
            let shown = try expand(CheckerTemplate(record.settings.checker), client)
            let events = events(of: client, shown)
            client.checker = policy.pinger.map {
                Checker($0.ping(record.settings.host) { events.ended($0, OutputTail()) })
            }
            events.started()
        }
    }

    private func expand(
        _ template: CheckerTemplate, _ client: Client
    ) throws(CheckerTemplateError) -> String {
        try template.command {
            $0 == .objectPath ? objectPath(client.name) : client.record.value(of: $0)
        }
    }

    private func events(of client: Client, _ command: String) -> CheckerEvents {
        let name = client.name
        return CheckerEvents(
            started: { [self] in
                log.info("client \(name.text): starting checker “\(command)”")
                handle(.checkerStarted(command: command), name)
            },
            ended: { [self] status, output in
                client.checker = nil
                client.lastOutput = output
                if !output.bytes.isEmpty {
                    log.debug("client \(name.text): checker wrote “\(output.text)”")
                }
                handle(.checkerEnded(status, command: command), client)
            },
            failed: { [self] error in
                client.checker = nil
                log.error("client \(name.text): checker not started: \(error.text)")
            })
    }
}
