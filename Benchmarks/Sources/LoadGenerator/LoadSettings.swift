import Foundation

/// What one run is to do.
package struct LoadSettings {
    package let target: Target
    package let mix: Mix
    package var pattern = Arrivals.Pattern.atOnce
    /// Connections at a time, besides those of peers that stay.
    package var concurrency = 1000
    /// How long a machine that got nothing waits before it tries again, in seconds; nil: it does not.
    package var retryInterval: Double?
    /// The run ends then, whatever is left.
    package var secondsMax = 60.0
    /// An attempt to boot may take so long.
    package var attemptSeconds = 60.0
    /// Peers that stay do so for so long; nil: until all others are done, and at least ten seconds
    /// if there are no others.
    package var holdSeconds: Double?
    package var slowBytesPerSecond = 500
    /// Addresses of 127.0.0.0/8 that peers come from; nil: one for each. For IPv4 loopback only.
    package var sources: Int?
    package var seed: UInt64 = 0
    package var label = ""
    /// What `PeerKind.exchange` sends and expects.
    package var request: [UInt8] = []
    package var answer: [UInt8] = []

    package init(target: Target, mix: Mix) {
        self.target = target
        self.mix = mix
    }
}

extension PeerKind {
    /// It connects before all others, and waits for nothing.
    package var stays: Bool {
        switch self {
        case .silent, .waiting, .halfway: true
        case .honest, .slow, .unknown, .aborting, .garbage, .exchange: false
        }
    }
}
