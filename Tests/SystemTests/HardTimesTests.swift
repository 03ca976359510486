import Foundation
import Testing

extension SystemTests {
    @Suite("The announcement survives", Requirement.lab)
    struct HardTimesTests {
        /// Set while avahi is in the middle of making sure that nobody else has the name.
        @Test(
            "that the clock is set, back as well as forward, whenever that is",
            arguments: Binary.built, [-86_400, 86_400])
        func clock(_ binary: Binary, _ seconds: Int) throws {
            var setup = Lab.Setup()
            setup.daemons["client"] = "avahi"
            try Lab.run(setup) { lab in
                let library = "\(lab.directory)/settable-clock.so"
                let offset = "\(lab.directory)/offset"
                try lab.on(
                    "lab",
                    "cc -shared -fPIC -O -Wall -Werror -o \(library) \(Lab.rig)settable-clock.c")
                try lab.startServer(
                    binary, environment: "LD_PRELOAD=\(library) CLOCK_OFFSET=\(offset)",
                    "--no-dbus")
                try lab.waitForLog("mandos", "New relevant interface eth0.IPv6")
                try lab.on("lab", "echo \(seconds) >\(offset).new; mv \(offset).new \(offset)")
                try lab.waitForEntry()
                #expect(lab.log("mandos").contains("the clock was set back") == (seconds < 0))
                // Once more, now that avahi has nothing to do but to answer.
                try lab.on("lab", "echo \(2 * seconds) >\(offset).new; mv \(offset).new \(offset)")
                try lab.on("server", "ip -6 addr add 2001:db8:77::9/64 dev eth0 nodad")
                try lab.waitForEntry()
                #expect(!lab.log("mandos").contains("ERROR"))
                try lab.stop()
                try lab.wait("client", "! avahi-browse -tp _mandos._tcp | grep .")
            }
        }

        @Test(
            "rubbish on the multicast group, which does not fill the log either",
            arguments: Binary.built)
        func rubbish(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.daemons["client"] = "avahi"
            try Lab.run(setup) { lab in
                try lab.startServer(binary, "--no-dbus")
                try lab.waitForEntry()
                let seed = Int.random(in: 1...1_000_000)
                try lab.on("client", "\(Lab.rig)mdns-rubbish eth0 \(seed) 3000")
                try lab.waitForEntry()
                let lines = lab.log("mandos").split(separator: "\n").filter {
                    $0.contains("WARNING: avahi:") || $0.contains("ERROR: avahi:")
                }
                #expect(lines.count <= 45, "seed \(seed)")
                try lab.stop()
            }
        }
    }
}
