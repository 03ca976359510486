/// Why a well-known name is not ours.
package enum BusNameProblem: Equatable {
    /// Somebody else has it.
    case taken
    /// Such as by the policy of the bus.
    case refused(BusError)

    /// nil if the answer to RequestName is that the name is ours (D-Bus specification,
    /// `org.freedesktop.DBus.RequestName`: 1 and 4).
    init?(_ reply: Result<BusMessage, BusError>) {
        switch reply {
        case .failure(let error): self = .refused(error)
        case .success(let message):
            switch try? message.readUInt32() {
            case 1, 4: return nil
            default: self = .taken
            }
        }
    }

    package var text: String {
        switch self {
        case .taken: "somebody else has it"
        case .refused(let error): error.text
        }
    }
}
