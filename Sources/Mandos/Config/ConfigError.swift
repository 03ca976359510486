/// What is wrong with a configuration file, and where. Never contains a secret.
package struct ConfigError: Error, Equatable {
    package let place: Place
    /// Such as `expected a duration such as PT5M, found “5 min”`.
    package let problem: String

    package init(place: Place, problem: String) {
        self.place = place
        self.problem = problem
    }

    package var text: String {
        place.section == nil && place.key == nil
            ? "\(place.text) \(problem)" : "\(place.text): \(problem)"
    }
}
