/// Why a value could not be expanded.
struct InterpolationError: Error, Equatable {
    enum Fault: Equatable {
        /// A `%` that starts neither `%%` nor `%(name)s`.
        case malformed
        /// The name, if it may be shown.
        case unknownName(String?)
        case tooDeep
        case tooLarge
    }

    let fault: Fault
    /// Byte of the unexpanded value where the faulty reference starts.
    let offset: Int

    var problem: String {
        switch fault {
        case .malformed: "expected %% or %(name)s after a %"
        case .unknownName(let name?): "no option “\(name)” to put in the place of %(\(name))s"
        case .unknownName(nil): "no option of the name in %(…)s"
        case .tooDeep: "references are nested more than \(Interpolation.depthMax) levels deep"
        case .tooLarge: "references make the value too large"
        }
    }
}
