/// The `priority` setting, see mandos.conf(5) and “Priority strings” in the manual of GnuTLS.
package struct PriorityString {
    package let text: String
    /// Whether what was configured is of the days of OpenPGP keys, and today's default stands in.
    package let isReplacement: Bool

    /// The default of servers before 1.8, as it stands in many a mandos.conf. GnuTLS 3.6 and later
    /// cannot do what it asks for.
    package static let openPGPDefault: StaticString =
        "SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256"

    package init(configured: String) {
        isReplacement = configured.utf8.elementsEqual(Self.openPGPDefault.description.utf8)
        text = isReplacement ? ServerSettings.defaultPriority.description : configured
    }
}
