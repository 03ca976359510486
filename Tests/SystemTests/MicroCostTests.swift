import Foundation
import Testing

/// Counts, in a build like that of the server: without optimisation, far more is allocated.
/// `Benchmarks/micro` shows the times as well.
@Suite("A small piece of work", .serialized, Requirement.micro)
struct MicroCostTests {
    @Test("with a timer allocates nothing, among however many others", arguments: [10, 10_000])
    func timers(_ count: Int) throws {
        for name in ["timer-arm-cancel", "timer-move", "timer-fire"] {
            try MicroCosts.alone.get().expect("\(name)/\(count)", allocations: 0)
        }
        try MicroCosts.alone.get().expect("timer-fire-together", allocations: 0)
    }

    @Test("with a timer calls the kernel only to set the alarm and to wait for it")
    func alarms() throws {
        let costs = try MicroCosts.alone.get()
        for count in [10, 10_000] {
            // The wait is that of a turn after each hundred.
            try costs.expect("timer-arm-cancel/\(count)", calls: 0.01)
            try costs.expect("timer-move/\(count)", calls: 0.01)
            try costs.expect("timer-fire/\(count)", calls: 2)
        }
        try costs.expect("timer-fire-together", calls: 0.02)
    }

    @Test("that a ready descriptor causes is one wait, and allocates nothing")
    func wakeUps() throws {
        try MicroCosts.alone.get().expect("wake", allocations: 0, calls: 1)
    }

    @Test("to watch a descriptor and let go of it is three calls, and allocates nothing")
    func watches() throws {
        try MicroCosts.alone.get().expect("watch-add-remove", allocations: 0, calls: 3)
    }

    @Test("that is put off costs the allocation of what is to be done")
    func later() throws {
        let costs = try MicroCosts.alone.get()
        try costs.expect("later/1", allocations: 1, calls: 1)
        try costs.expect("later/100", allocations: 1, calls: 0.01)
    }

    @Test("to read a section of clients.conf is at most 35 allocations")
    func sections() throws {
        try MicroCosts.alone.get().expect("parse-section", allocations: 35, calls: 0)
    }

    @Test("to expand a checker is the allocation of its command")
    func checkers() throws {
        try MicroCosts.alone.get().expect("expand-checker", allocations: 1, calls: 0)
    }

    @Test("to find a client by its key allocates nothing, among 10 000 others")
    func lookUps() throws {
        try MicroCosts.alone.get().expect("look-up/10000", allocations: 0, calls: 0.01)
    }

    @Test(
        "on one of 10 000 clients costs few allocations, and no call of its own",
        arguments: [("checked-ok", 4.0), ("disable-enable", 22), ("answer", 1)])
    func clients(_ name: String, _ allocations: Double) throws {
        try MicroCosts.alone.get().expect("\(name)/10000", allocations: allocations, calls: 0.01)
    }

    @Test(
        "to answer over D-Bus is at most 84 allocations and 5 calls for a client's properties",
        Requirement.bus)
    func properties() throws {
        // To start and reap whoever calls counts, too, and sometimes there is nothing to read yet.
        try MicroCosts.onBus.get().expect("bus-get-all", allocations: 84.1, calls: 5.2)
    }

    @Test(
        "to answer over D-Bus with all objects is at most 108 allocations each, 94 of sd-bus",
        Requirement.bus)
    func objects() throws {
        try MicroCosts.onBus.get().expect("bus-managed-objects", allocations: 108.2, calls: 0.05)
    }
}
