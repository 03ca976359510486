internal import CShims.Linux

/// Asks the environment of the process and the user database.
package final class LinuxPathLookup: PathLookup {
    package init() {}

    package func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    package func homeDirectory(of user: String?) -> String? {
        let entry = if let user { unsafe getpwnam(user) } else { unsafe getpwuid(getuid()) }
        guard let entry = unsafe entry, let directory = unsafe entry.pointee.pw_dir else {
            return nil
        }
        return unsafe String(cString: directory)
    }
}
