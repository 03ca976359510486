/// What a descriptor is ready for, or what is waited for.
package struct Readiness: OptionSet, Equatable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let input = Readiness(rawValue: 1)
    package static let output = Readiness(rawValue: 2)
    /// An error, or both directions shut down. Reported always, wanted or not; the next read or
    /// write tells which.
    package static let broken = Readiness(rawValue: 4)
}
