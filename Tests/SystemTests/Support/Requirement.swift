import Foundation
import Testing

/// What a test needs of the machine it runs on.
enum Requirement {
    static let binaries: ConditionTrait = .enabled(
        if: !Binary.built.isEmpty, "MANDOS_STATIC and MANDOS_APPLIANCE name no program")

    static let micro: ConditionTrait = .enabled(
        if: MicroCosts.program != nil, "MANDOS_MICRO names no program")

    static let keyTools: ConditionTrait = .enabled(
        if: isInstalled("certtool") && isInstalled("openssl"), "needs gnutls-bin and openssl")

    static let gnutlsServer: ConditionTrait = .enabled(
        if: isInstalled("gnutls-serv"), "needs gnutls-serv of gnutls-bin")

    static let fping: ConditionTrait = .enabled(if: isInstalled("fping"), "needs fping")

    static let ssh: ConditionTrait = .enabled(
        if: isInstalled("dropbear") && isInstalled("ssh-keyscan"),
        "needs dropbear-bin and openssh-client")

    static let strace: ConditionTrait = .enabled(if: isInstalled("strace"), "needs strace")

    static let compiler: ConditionTrait = .enabled(if: isInstalled("cc"), "needs a C compiler")

    static let root: ConditionTrait = .enabled(
        if: geteuid() == 0, "only root can become another user")

    /// It lies where only root may look.
    static let mandosClient: ConditionTrait = .enabled(
        if: MandosClient.path != nil, "needs root, and mandos-client")

    /// With all that a server and tools of its own need.
    static let reference: ConditionTrait = .enabled(
        if: geteuid() == 0 && isInstalled("dbus-daemon") && isInstalled("gpg")
            && isInstalled("python3")
            && FileManager.default.isExecutableFile(atPath: ReferenceServer.path),
        "needs root, and mandos, dbus, gpg and python3")

    static let monitor: ConditionTrait = .enabled(
        if: isInstalled("dbus-daemon") && isInstalled("mandos-monitor") && isInstalled("tmux"),
        "needs dbus-daemon, mandos-monitor and tmux")

    static let bus: ConditionTrait = .enabled(if: isInstalled("dbus-daemon"), "needs dbus-daemon")

    static let ipv6: ConditionTrait = .enabled(
        if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6"), "needs IPv6")

    /// What `Tests/rig` is made of.
    static let lab: ConditionTrait = .enabled(
        if: geteuid() == 0
            && ["ip", "nft", "unshare", "avahi-daemon", "avahi-browse", "dbus-daemon", "python3"]
                .allSatisfy(isInstalled),
        "needs root, iproute2, nftables, avahi-daemon, avahi-utils, dbus and python3")

    /// Debian's systemd-resolved. Installing it changes how the machine itself finds names, so that
    /// MANDOS_RESOLVED may say where the program lies instead.
    static let resolvedPath =
        ProcessInfo.processInfo.environment["MANDOS_RESOLVED"] ?? "/lib/systemd/systemd-resolved"

    static let resolved: ConditionTrait = .enabled(
        if: FileManager.default.isExecutableFile(atPath: resolvedPath),
        "needs systemd-resolved, whose place MANDOS_RESOLVED may name")

    private static func isInstalled(_ program: String) -> Bool {
        ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + program)
        }
    }
}
