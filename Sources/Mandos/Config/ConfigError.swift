/// What is wrong with a configuration file, and where. Never contains a secret.
package struct ConfigError: Error, Hashable {
    package let place: Place
    /// Such as `expected a duration such as PT5M, found “5 min”`.
    package let problem: String

    package init(place: Place, problem: String) {
        self.place = place
        self.problem = problem
    }

    package var text: String { "\(place.text) \(problem)" }
}
