import Mandos
import Reactor

/// What `Admission` decides for each connection, when all of 20 000 places are taken.
enum AdmissionWorkloads {
    static var all: [Workload] { [1, 64, 15_000].map(newcomer) }

    private static let places = 20_000

    /// A newcomer takes a place, and asks for its turn.
    private static func newcomer(among sources: Int) -> Workload {
        Workload("newcomer/\(sources)", 10_000) {
            var admission = Admission(Admission.Limits(total: places))
            var number = 0
            let now = Instant(nanoseconds: 0)
            func come() {
                if let eviction = admission.evictionForNewcomer(at: now) {
                    admission.remove(eviction.place, at: now)
                }
                let place = admission.add(from: address(number % sources), at: now)
                number += 1
                admission.queue(place, at: now)
                _ = admission.nextTurn(at: now)
            }
            for _ in 0..<2 * places { come() }
            return { for _ in 0..<10_000 { come() } }
        }
    }

    private static func address(_ number: Int) -> SocketAddress {
        let bytes: [UInt8] = [
            10, UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255),
        ]
        return SocketAddress(.ipv4, bytes: bytes)!
    }
}
