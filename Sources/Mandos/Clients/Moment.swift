package import Reactor

/// Now, on the loop's clock and on the calendar.
package struct Moment {
    package let instant: Instant
    package let wall: WallTime

    package init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }
}
