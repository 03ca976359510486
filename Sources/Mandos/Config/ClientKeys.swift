/// The options of a client that mean something, found once for all sections of a file.
struct ClientKeys {
    /// In the notation of the file, where a `%` of the checker's template is written `%%`.
    static let builtIn = BuiltInDefaults([
        ("key_id", ""), ("host", ""), ("checker", "fping -q -- %%(host)s"), ("timeout", "PT5M"),
        ("extended_timeout", "PT15M"), ("interval", "PT2M"), ("approval_delay", "PT0S"),
        ("approval_duration", "PT1S"), ("approved_by_default", "True"), ("enabled", "True"),
    ])

    private static let withoutDefault: [StaticString] = ["fingerprint", "secret", "secfile"]

    /// Every option of a client that there is.
    static var names: [String] { builtIn.names + withoutDefault.map { $0.description } }

    /// With that which mandos-keygen(8) prints beside them, for a checker that may not be there any more.
    static var namesExpected: [String] { names + ["ssh_fingerprint"] }

    let keyID, fingerprint, secret, secretFile, host, checker: INIScope.Key
    let timeout, extendedTimeout, interval, approvalDelay, approvalDuration: INIScope.Key
    let isApprovedByDefault, isEnabled: INIScope.Key

    init(in file: INIFile) {
        func key(_ name: StaticString) -> INIScope.Key {
            INIScope.Key(name, in: file, builtIn: Self.builtIn)
        }
        keyID = key("key_id")
        fingerprint = key("fingerprint")
        secret = key("secret")
        secretFile = key("secfile")
        host = key("host")
        checker = key("checker")
        timeout = key("timeout")
        extendedTimeout = key("extended_timeout")
        interval = key("interval")
        approvalDelay = key("approval_delay")
        approvalDuration = key("approval_duration")
        isApprovedByDefault = key("approved_by_default")
        isEnabled = key("enabled")
    }
}
