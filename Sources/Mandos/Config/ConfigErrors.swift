/// Everything that is wrong with one configuration file, in the order of its lines.
package struct ConfigErrors: Error, Equatable {
    /// Never empty.
    package let errors: [ConfigError]

    package init(_ errors: [ConfigError]) {
        precondition(!errors.isEmpty)
        self.errors = errors.sorted { $0.place.line < $1.place.line }
    }
}
