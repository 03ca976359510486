/// Counts what the service manager shows of the server, and tells when that is another number.
final class StatusLine: ClientObserver {
    private let registry: ClientRegistry
    private let endpoint: String
    private let sharingKey: Int
    private var secretsSent = 0
    /// Problems of the saved state. Call `changed` after a change of them.
    var stateProblems: () -> [String] = { [] }
    /// Called after each change.
    var changed: () -> Void = {}

    /// - Parameters:
    ///   - endpoint: where the server listens.
    ///   - sharingKey: how many sections of clients.conf are left out because they have the same key.
    init(_ registry: ClientRegistry, endpoint: String, sharingKey: Int = 0) {
        self.sharingKey = sharingKey
        self.registry = registry
        self.endpoint = endpoint
    }

    /// O(n) in the number of clients.
    var text: String {
        let clients = registry.names
        let enabled = clients.count { registry.record(of: $0)?.isEnabled == true }
        let waiting = clients.count { registry.isApprovalPending(of: $0) }
        var text = "listening on \(endpoint); clients: \(clients.count), enabled: \(enabled)"
        if sharingKey > 0 { text += ", not served because they have the same key: \(sharingKey)" }
        if waiting > 0 { text += ", waiting for approval: \(waiting)" }
        return text + "; secrets sent: \(secretsSent)" + stateText
    }

    /// The first problem; the log and D-Bus have all of them.
    private var stateText: String {
        let problems = stateProblems()
        guard let first = problems.first else { return "" }
        let others = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        return
            "; STATE: \(String(decoding: first.utf8.prefix(Self.problemBytesMax), as: UTF8.self))\(others)"
    }

    /// Of a problem; the whole line is to be read at a glance.
    private static let problemBytesMax = 200

    func client(_ name: ClientName, changed property: ClientProperty) {
        if property == .isEnabled || property == .approvalPending { changed() }
    }

    func client(_ name: ClientName, emitted signal: ClientSignal) {
        guard case .gotSecret = signal else { return }
        secretsSent += 1
        changed()
    }

    func clientAdded(_ name: ClientName) { changed() }
    func clientRemoved(_ name: ClientName) { changed() }
    func clientNotFound(_ keyID: KeyID, address: String) {}
}
