package import Reactor

/// Names by the services of the system bus that know them: systemd-resolved, and avahi-daemon for
/// those in `.local`. What they do not answer, and names of /etc/hosts, are for somebody else.
package final class BusNames: BusUser, NameSource {
    private final class Question {
        let host: String
        let answered: (NameAnswer) -> Void
        var call: BusSlot?

        init(_ host: String, _ answered: @escaping (NameAnswer) -> Void) {
            self.host = host
            self.answered = answered
        }
    }

    private let hostsPath: String
    private var connection: BusConnection?
    private var resolvedOwner: String?
    private var avahiOwner: String?
    private var resolvedWatch: BusNameWatch?
    private var avahiWatch: BusNameWatch?
    private var questions: [UInt64: Question] = [:]

    /// For each service. A name server may be slower; then glibc gets its turn.
    private let answerTimeout: Duration
    /// A system bus lets a connection wait for 128 replies at a time (dbus-daemon(1),
    /// max_replies_per_connection). Half of them are for the rest of the server.
    private static let questionsMax = 64

    /// Those that wait for an answer.
    var questionCount: Int { questions.count }

    package init(
        hostsPath: String = HostsFile.standardPath, answerTimeout: Duration = .seconds(5)
    ) {
        self.hostsPath = hostsPath
        self.answerTimeout = answerTimeout
    }

    package func busOpened(_ connection: BusConnection) {
        self.connection = connection
        // Without a watch, the service is not there for us.
        resolvedWatch = try? connection.watchOwner(of: NameService.resolved.busName) {
            [unowned(unsafe) self] in unsafe self.resolvedOwner = $0
        }
        avahiWatch = try? connection.watchOwner(of: NameService.avahi.busName) {
            [unowned(unsafe) self] in unsafe self.avahiOwner = $0
        }
    }

    package func busLost() {
        leave()
        let lost = questions
        questions = [:]
        for question in lost.values { question.answered(.unanswered) }
    }

    /// Answers nobody any more.
    package func stop() {
        leave()
        questions = [:]
    }

    private func leave() {
        connection = nil
        (resolvedOwner, avahiOwner) = (nil, nil)
        resolvedWatch = nil
        avahiWatch = nil
    }

    package func ask(
        _ host: String, as id: UInt64, answered: @escaping (NameAnswer) -> Void
    ) -> Bool {
        guard questions.count < Self.questionsMax, let first = services(for: host).first,
            !HostsFile.names(host, path: hostsPath)
        else { return false }
        let question = Question(host, answered)
        guard begin(question, id, first) else { return false }
        questions[id] = question
        return true
    }

    package func forget(_ id: UInt64) { questions[id] = nil }

    /// In the order in which they are asked.
    private func services(for host: String) -> [NameService] {
        var services: [NameService] = []
        if resolvedOwner != nil { services.append(.resolved) }
        if avahiOwner != nil, Self.isLocal(host) { services.append(.avahi) }
        return services
    }

    /// In the domain of RFC 6762, section 3.
    static func isLocal(_ host: String) -> Bool {
        var name = host.utf8[...]
        if name.last == UInt8(ascii: ".") { name.removeLast() }
        let suffix = ".local".utf8
        return name.count > suffix.count
            && name.suffix(suffix.count).elementsEqual(suffix) { $0 == $1 || $0 | 0x20 == $1 }
    }

    /// - Returns: whether an answer will come.
    private func begin(_ question: Question, _ id: UInt64, _ service: NameService) -> Bool {
        let owner = service == .resolved ? resolvedOwner : avahiOwner
        guard let connection, let owner else { return false }
        do throws(BusError) {
            question.call = try connection.call(
                service.target(owner), service.method, timeout: answerTimeout,
                arguments: { service.append(question.host, to: $0) },
                reply: { [unowned(unsafe) self] in unsafe self.take(service.answer($0), id, service)
                }
            )
            return true
        } catch {
            return false
        }
    }

    /// What is not in the DNS may still be on the link.
    private func take(_ answer: NameAnswer, _ id: UInt64, _ service: NameService) {
        guard let question = questions[id] else { return }
        if !answer.isAddress, service == .resolved,
            services(for: question.host).contains(.avahi), begin(question, id, .avahi)
        {
            return
        }
        questions[id] = nil
        question.answered(answer)
    }
}
