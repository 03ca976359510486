/// The release of this program, as `--version` prints it.
package enum Version {
    package static let current = "2.0.0"
}
