import Reactor

enum ReactorWorkloads {
    static var all: [Workload] {
        [10, 10_000].flatMap { [armAndCancel(among: $0), move(among: $0), fire(among: $0)] }
            + [fireTogether, wake, watch] + [1, 100].map(later)
    }

    private static let operations = 10_000

    private static func armAndCancel(among count: Int) -> Workload {
        Workload("timer-arm-cancel/\(count)", operations) {
            let scene = try Scene(timers: count)
            return {
                for number in 0..<operations {
                    _ = scene.loop.timer(at: scene.deadline(number)) {}
                    try scene.turn(after: number)
                }
            }
        }
    }

    private static func move(among count: Int) -> Workload {
        Workload("timer-move/\(count)", operations) {
            let scene = try Scene(timers: count)
            let held = HeldTimer(scene.loop.timer(at: scene.deadline(0)) {})
            return {
                for number in 0..<operations {
                    held.timer.move(to: scene.deadline(number))
                    try scene.turn(after: number)
                }
            }
        }
    }

    /// One in each turn.
    private static func fire(among count: Int) -> Workload {
        Workload("timer-fire/\(count)", operations) {
            let scene = try Scene(timers: count)
            var fired = 0
            let held = HeldTimer(scene.loop.timer(at: scene.deadline(0)) { fired += 1 })
            return {
                fired = 0
                for _ in 0..<operations {
                    held.timer.move(to: scene.loop.now)
                    try scene.loop.turn()
                }
                precondition(fired == operations)
            }
        }
    }

    /// A hundred in each turn.
    private static var fireTogether: Workload {
        Workload("timer-fire-together", operations) {
            let scene = try Scene()
            var fired = 0
            let timers = (0..<100).map {
                HeldTimer(scene.loop.timer(at: scene.deadline($0)) { fired += 1 })
            }
            return {
                fired = 0
                for _ in 0..<operations / timers.count {
                    for held in timers { held.timer.move(to: scene.loop.now) }
                    try scene.loop.turn()
                }
                precondition(fired == operations)
            }
        }
    }

    private static var wake: Workload {
        Workload("wake", operations) {
            let scene = try Scene()
            return {
                let before = scene.wakeUps
                for _ in 0..<operations { try scene.loop.turn() }
                precondition(scene.wakeUps == before + operations)
            }
        }
    }

    private static var watch: Workload {
        Workload("watch-add-remove", operations) {
            let scene = try Scene()
            return {
                for _ in 0..<operations {
                    _ = try scene.loop.watch(Scene.event(0), for: .input) { _ in }
                }
            }
        }
    }

    /// - Parameter count: how much is put off in each turn.
    private static func later(_ count: Int) -> Workload {
        Workload("later/\(count)", operations) {
            let scene = try Scene()
            var done = 0
            return {
                done = 0
                for number in 1...operations {
                    scene.loop.later { done += 1 }
                    if number % count == 0 { try scene.loop.turn() }
                }
                precondition(done == operations)
            }
        }
    }
}
