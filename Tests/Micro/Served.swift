import Mandos
import Reactor

/// Clients that are enabled, and are not checked for a long time.
final class Served {
    struct Key {
        let id: KeyID
        let name: ClientName
    }

    let scene: Scene
    let registry: ClientRegistry
    private let keys: [Key]

    init(_ count: Int, isRestless: Bool = true) throws {
        scene = try Scene(isRestless: isRestless)
        let settings = try Self.settings(ClientsText.of(count))
        keys = settings.map { Key(id: $0.keyID!, name: $0.name) }
        var policy = CheckerPolicy()
        policy.delay = { _ in .seconds(1_000_000) }
        registry = ClientRegistry(
            settings, on: scene.loop, log: Log(threshold: .error, sinks: []), checkers: policy)
        registry.start()
    }

    /// All of them, in no order.
    func key(_ number: Int) -> Key { keys[number &* 7919 % keys.count] }

    static func settings(_ text: [UInt8]) throws -> [ClientSettings] {
        try ClientsFile(
            SensitiveBytes(copying: text), name: "clients.conf", files: LinuxSecretFileReader(),
            lookup: LinuxPathLookup()
        ).clients
    }
}
