/// How the checker of a client is carried out.
enum CheckMethod: Equatable {
    /// By the shell.
    case program(CheckerTemplate)
    /// By ourselves: like fping with the host alone.
    case ping

    /// The name of a checker that is no command but a ping of our own.
    static let pingName = "builtin:ping"
    /// What that stands for, and the default, in the form that is expanded at run time.
    static let fping = "fping -q -- %(host)s"

    /// - Parameters:
    ///   - checker: as the client has it.
    ///   - canPing: whether we may.
    ///   - replacesFping: whether the default checker is a ping of our own too.
    init(of checker: String, canPing: Bool, replacesFping: Bool) {
        switch checker {
        case Self.pingName: self = canPing ? .ping : .program(CheckerTemplate(Self.fping))
        case Self.fping where canPing && replacesFping: self = .ping
        default: self = .program(CheckerTemplate(checker))
        }
    }
}
