import Reactor

@testable import Mandos

/// What a test saves.
enum Saved {
    static let time = WallTime(microseconds: 1_800_000_000_000_000)

    static func settings(
        _ name: String = "web1", host: String = "host", timeout: Duration = .seconds(300),
        secret: String = "of clients.conf", isEnabled: Bool = true
    ) -> ClientSettings {
        ClientSettings(
            name: ClientName(name), keyID: nil, keyIDText: "", fingerprint: "",
            secret: SharedSecret(sensitive(secret)), host: host, checker: "exit 0",
            timeout: timeout, extendedTimeout: .seconds(900), interval: .seconds(120),
            approvalDelay: .zero, approvalDuration: .seconds(1), isApprovedByDefault: true,
            isEnabled: isEnabled)
    }

    static func section(
        _ name: String, _ key: ClientKey, isEnabled: Bool = true
    ) -> ClientSettings {
        let plain = settings(name, isEnabled: isEnabled)
        return ClientSettings(
            name: plain.name, keyID: key.keyID, keyIDText: "",
            fingerprint: key.fingerprint?.text ?? "",
            secret: plain.secret, host: plain.host, checker: plain.checker, timeout: plain.timeout,
            extendedTimeout: plain.extendedTimeout, interval: plain.interval,
            approvalDelay: .zero, approvalDuration: .seconds(1), isApprovedByDefault: true,
            isEnabled: isEnabled)
    }

    /// Enabled, and checked two minutes before `time`.
    static func current(_ change: (inout SavedClient.Current) -> Void = { _ in })
        -> SavedClient.Current
    {
        var liveness = Liveness()
        liveness.expires = time + .seconds(180)
        liveness.lastCheckedOK = time + .seconds(-120)
        liveness.lastCheckerStatus = 0
        var current = SavedClient.Current(
            isEnabled: true, changed: ClientValues(), created: time + .seconds(-1_000_000),
            lastEnabled: time + .seconds(-500_000), secret: nil, liveness: liveness)
        change(&current)
        return current
    }

    static func client(
        _ settings: ClientSettings = settings(), _ current: SavedClient.Current? = current()
    ) -> SavedClient {
        SavedClient(
            name: settings.name, configured: ClientValues(settings), current: current)
    }

    static func state(_ clients: SavedClient...) -> SavedState {
        var state = SavedState()
        for client in clients { state.clients[client.name] = client }
        state.newest = time
        return state
    }

    static func sealed(
        _ secret: String, under key: ClientSettings, for name: String? = nil
    ) -> SealedBytes {
        let plain = sensitive(secret)
        return plain.withBytes { plain in
            key.secret.withBytes { key in
                SealedBytes(sealing: plain, under: key, for: name ?? "web1")!
            }
        }
    }
}
