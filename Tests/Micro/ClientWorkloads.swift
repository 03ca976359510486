import Mandos
import Reactor

enum ClientWorkloads {
    static var all: [Workload] { [parse, expand, lookUp, check, disableAndEnable, answer] }

    private static let clientCount = 10_000

    /// The operation is one section.
    private static var parse: Workload {
        let count = 1000
        return Workload("parse-section", count) {
            let text = ClientsText.of(count)
            return {
                let settings = try Served.settings(text)
                precondition(settings.count == count)
            }
        }
    }

    private static var expand: Workload {
        Workload("expand-checker", clientCount) {
            let template = CheckerTemplate("fping -q -- %(host)s")
            let host = "machine10000.example.org"
            return {
                for _ in 0..<clientCount {
                    let command = try template.command { _ in host }
                    precondition(command.utf8.count > host.utf8.count)
                }
            }
        }
    }

    private static func workload(
        _ name: String, _ body: @escaping (ClientRegistry, Served.Key) throws -> Void
    ) -> Workload {
        Workload("\(name)/\(clientCount)", clientCount) {
            let served = try Served(clientCount)
            return {
                for number in 0..<clientCount {
                    try body(served.registry, served.key(number))
                    try served.scene.turn(after: number)
                }
            }
        }
    }

    private static var lookUp: Workload {
        workload("look-up") { registry, key in
            precondition(registry.client(with: key.id) == key.name)
        }
    }

    private static var check: Workload {
        workload("checked-ok") { registry, key in registry.noteCheckedOK(key.name) }
    }

    private static var disableAndEnable: Workload {
        workload("disable-enable") { registry, key in
            registry.disable(key.name, reason: "by request")
            registry.enable(key.name)
        }
    }

    /// Without approval, from the proof of the key until the peer is gone.
    private static var answer: Workload {
        workload("answer") { registry, key in
            let request = registry.request(key.name) { _ in }
            guard case .granted = registry.answer(request) else {
                preconditionFailure("not granted")
            }
        }
    }
}
