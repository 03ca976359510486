internal import CShims.Linux

/// hosts(5)
package enum HostsFile {
    package static let standardPath = "/etc/hosts"

    /// Whether a line of the file is about `host`. What it says is left to getaddrinfo(3).
    package static func names(_ host: String, path: String = standardPath) -> Bool {
        unsafe cshim_hosts_has(path, host) != 0
    }
}
