import Foundation
private import HostilePeers

/// Plays one attack in a process of its own, which ends when this is let go.
struct AttackProcess: ~Copyable {
    private let process: pid_t

    /// - Parameters:
    ///   - keyFile: the private key of a client, for attackers that the server knows.
    ///   - sources: loopback addresses that the attackers come from.
    init(_ attack: Attack, on target: Target, keyFile: String, sources: Int, seconds: Double) {
        process = unsafe attack.kind.withCString { kind in
            unsafe "\(target.host):\(target.port)".withCString { host in
                unsafe keyFile.withCString { key in
                    var request = unsafe hostile_attack(
                        kind: kind, target: host, key_file: key, count: attack.count,
                        sources: sources, seconds: Int(seconds.rounded(.up)))
                    return unsafe hostile_attack_start(&request)
                }
            }
        }
    }

    deinit { hostile_attack_end(process) }
}
