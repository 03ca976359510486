/// Finds out which user a caller is. The bus is asked without waiting for its answer, so the first
/// change of a caller has the name of its connection at first.
final class Callers {
    private let connection: BusConnection
    /// Called with the name of a caller that was used before, and the better one.
    private let learnt: (String, String) -> Void
    /// By the unique name of the connection, which the bus uses only once.
    private var users: [String: UInt32] = [:]
    private var asked: [String: Question] = [:]

    private final class Question { var call: BusSlot? }

    /// Callers remembered. Each takes a hundred bytes.
    private static let usersMax = 64
    /// A system bus lets a connection wait for 128 replies (dbus-daemon(1),
    /// max_replies_per_connection), and others wait as well.
    private static let questionsMax = 16

    init(_ connection: BusConnection, learnt: @escaping (String, String) -> Void) {
        self.connection = connection
        self.learnt = learnt
    }

    /// The sender of the call, such as “uid 0 over D-Bus”, or “:1.5 over D-Bus” until that is
    /// known.
    func author(of call: BusMessage) -> String {
        guard let sender = call.sender else { return "somebody over D-Bus" }
        if let user = users[sender] { return Self.author(user) }
        ask(sender)
        return "\(sender) over D-Bus"
    }

    /// Asks before it matters: a caller that looks around now may make a change next.
    func expect(_ call: BusMessage) {
        guard let sender = call.sender, users[sender] == nil else { return }
        ask(sender)
    }

    private static func author(_ user: UInt32) -> String { "uid \(user) over D-Bus" }

    private func ask(_ sender: String) {
        guard asked[sender] == nil, asked.count < Self.questionsMax else { return }
        let question = Question()
        question.call = try? connection.call(
            .bus, "GetConnectionUnixUser", arguments: { $0.append(sender) },
            reply: { [unowned(unsafe) self] in unsafe self.note($0, sender) })
        asked[sender] = question
    }

    /// A caller that has gone before the bus was asked keeps the name of its connection.
    private func note(_ answer: Result<BusMessage, BusError>, _ sender: String) {
        asked[sender] = nil
        guard case .success(let message) = answer, let user = try? message.readUInt32() else {
            return
        }
        if users.count >= Self.usersMax { users = [:] }
        users[sender] = user
        learnt("\(sender) over D-Bus", Self.author(user))
    }
}
