import Foundation

/// All attacks on the server during a run. Those by a client of the server use the key of the last
/// machine of the fleet.
package final class Attackers {
    private let attacks: [Attack]
    private let settings: LoadSettings
    private let sources: Int
    private let directory: String
    private var processes: [Box] = []

    /// An array takes only copyable elements.
    private final class Box {
        let process: AttackProcess
        init(_ process: consuming AttackProcess) { self.process = process }
    }

    /// Longer than a run, so that it is the run that ends an attack.
    private static let spareSeconds = 30.0

    /// - Parameter sources: addresses of 127.0.0.0/8 that the attackers come from.
    /// - Throws: if the fleet is too small, or the file with the key cannot be written.
    package init(
        _ attacks: [Attack], against settings: LoadSettings, sources: Int, fleet: Fleet
    ) throws {
        self.attacks = attacks
        self.settings = settings
        self.sources = sources
        let template = FileManager.default.temporaryDirectory.path + "/mandos-bench.XXXXXX"
        var path = Array(template.utf8CString)
        guard unsafe mkdtemp(&path) != nil else {
            throw LoadError("\(template): \(unsafe String(cString: strerror(errno)))")
        }
        directory = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard fleet.members.count > 1, let member = fleet.members.last else {
            throw LoadError("attacks need a fleet of two machines or more: one belongs to them")
        }
        try Data(member.privateKeyPEM.utf8).write(to: URL(fileURLWithPath: keyFile))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private var keyFile: String { directory + "/key.pem" }

    /// Connections at a time, by kind.
    var counts: [String: Int] {
        Dictionary(uniqueKeysWithValues: attacks.map { ($0.kind, $0.count) })
    }

    func start() {
        for attack in attacks {
            processes.append(
                Box(
                    AttackProcess(
                        attack, on: settings.target, keyFile: keyFile, sources: sources,
                        seconds: settings.secondsMax + Self.spareSeconds)))
        }
    }

    /// Ends all of them at once.
    func stop() { processes = [] }
}
