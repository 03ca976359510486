internal import Reactor

/// Which save a file is of. Each file of the state directory has one; those of files that belong
/// together are equal.
struct SaveMark: Equatable {
    /// Random. The same in all files as long as they descend from each other.
    var origin: UInt64
    /// Counts the saves, from 1.
    var number: Int64
    /// When that was.
    var time: WallTime

    func next(at time: WallTime) -> SaveMark {
        SaveMark(origin: origin, number: number &+ 1, time: time)
    }

    /// For a message.
    var text: String { "save \(number), of \(time.text)" }
}
