import Foundation
import Testing

/// What a test needs of the machine it runs on.
enum Requirement {
    static let binaries: ConditionTrait = .enabled(
        if: !Binary.built.isEmpty, "MANDOS_STATIC and MANDOS_APPLIANCE name no program")

    static let keyTools: ConditionTrait = .enabled(
        if: isInstalled("certtool") && isInstalled("openssl"), "needs gnutls-bin and openssl")

    static let gnutlsServer: ConditionTrait = .enabled(
        if: isInstalled("gnutls-serv"), "needs gnutls-serv of gnutls-bin")

    static let root: ConditionTrait = .enabled(
        if: geteuid() == 0, "only root can become another user")

    /// It lies where only root may look.
    static let mandosClient: ConditionTrait = .enabled(
        if: MandosClient.path != nil, "needs root, and mandos-client")

    static let reference: ConditionTrait = .enabled(
        if: geteuid() == 0 && isInstalled("mandos") && isInstalled("mandos-ctl")
            && isInstalled("dbus-daemon") && isInstalled("gpg") && isInstalled("python3"),
        "needs root, and mandos, dbus, gpg and python3")

    static let ipv6: ConditionTrait = .enabled(
        if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6"), "needs IPv6")

    private static func isInstalled(_ program: String) -> Bool {
        ["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + program)
        }
    }
}
