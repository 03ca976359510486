/// Why a client cannot be added while the server runs: another one has what it claims.
package enum AddProblem: Error, Equatable {
    case name(ClientName)
    case keyID(of: ClientName)
    case fingerprint(of: ClientName)
    /// Several sections of clients.conf have it, this among them, so that none of them is served.
    case sharedKey(of: ClientName)

    package var text: String {
        switch self {
        case .name(let name): "there is a client “\(name.text)” already"
        case .keyID(let name): "client “\(name.text)” has the same key ID"
        case .fingerprint(let name): "client “\(name.text)” has the same fingerprint"
        case .sharedKey(let name):
            "section “\(name.text)” of clients.conf has the same key, as others of its sections "
                + "have, so none of them is served"
        }
    }
}
