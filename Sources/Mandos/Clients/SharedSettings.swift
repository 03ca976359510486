/// Settings in the one place that all its holders share: for most clients, what clients.conf says is
/// what is in force. Whoever changes them makes others.
package final class SharedSettings {
    package let values: ClientSettings

    package init(_ values: ClientSettings) { self.values = values }
}
