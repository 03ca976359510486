import Foundation
import Testing

extension SystemTests {
    /// The C library of the lab knows none of these names: nobody but the bus can have told.
    @Suite("The host of a native check is found by its name", Requirement.lab)
    struct NameTests {
        @Test("by the avahi-daemon of the server, while it runs", arguments: Binary.built)
        func avahi(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.hosts = ["server", "other"]
            setup.daemons = ["server": "avahi", "other": "avahi"]
            setup.options = ["--no-global"]  // only addresses that are nothing without a scope
            try Lab.run(setup) { lab in
                try lab.wait("server", "avahi-resolve -n other.local")
                #expect(try lab.attempt("server", "getent ahosts other.local").status != 0)
                try lab.startServer(binary, pinging: "other.local")
                try lab.waitForLog("mandos", "checker succeeded")
                try lab.on("server", "avahi-daemon --kill")
                try lab.waitForLog("mandos", "checker failed with exit status 2")
            }
        }

        @Test("not over a bus that the server is not to use", arguments: Binary.built)
        func noBus(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.hosts = ["server", "other"]
            setup.daemons = ["server": "avahi", "other": "avahi"]
            try Lab.run(setup) { lab in
                try lab.wait("server", "avahi-resolve -n other.local")
                try lab.startServer(binary, pinging: "other.local", "--no-dbus")
                try lab.waitForLog("mandos", "checker failed with exit status 2")
                #expect(!lab.log("mandos").contains("checker succeeded"))
            }
        }

        @Test("by systemd-resolved", Requirement.resolved, arguments: Binary.built)
        func resolved(_ binary: Binary) throws {
            var setup = Lab.Setup()
            setup.hosts = ["server", "other"]
            setup.daemons = ["server": "dbus"]
            try Lab.run(setup) { lab in
                try lab.on("server", Self.prepareResolved)
                try lab.start("resolved", on: "server", "exec \(Requirement.resolvedPath)")
                try lab.wait("server", Self.ask)
                #expect(try lab.attempt("server", "getent ahosts other.localhost").status != 0)
                try lab.startServer(binary, pinging: "other.localhost")
                try lab.waitForLog("mandos", "checker succeeded")
                try lab.on("lab", "kill -KILL $(cat \(lab.directory)/resolved.pid)")
                try lab.waitForLog("mandos", "checker failed with exit status 2")
            }
        }

        /// What the package and its unit bring: a user, a folder, and leave to have its name.
        private static let prepareResolved = """
            id systemd-resolve || useradd --system --no-create-home systemd-resolve
            install -d -o systemd-resolve -g systemd-resolve /run/systemd/resolve
            cat >/etc/dbus-1/system.d/resolve1.conf <<'POLICY'
            <busconfig>
              <policy user="systemd-resolve"><allow own="org.freedesktop.resolve1"/></policy>
              <policy context="default">
                <allow send_destination="org.freedesktop.resolve1"/>
              </policy>
            </busconfig>
            POLICY
            busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
            """

        private static let ask =
            "busctl call org.freedesktop.resolve1 /org/freedesktop/resolve1"
            + " org.freedesktop.resolve1.Manager ResolveHostname isit 0 other.localhost 0 0"
    }
}
