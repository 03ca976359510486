import CShims.Bus
import CShims.Linux

/// A process that calls the server so often, one call after the other, and reads no answer.
struct BusCaller {
    let path: String
    let interface: String
    let member: String
    /// A text, if any.
    let argument: String?
    let count: Int

    init(path: String, interface: String, member: String, argument: String?, count: Int) {
        self.path = path
        self.interface = interface
        self.member = member
        self.argument = argument
        self.count = count
    }

    /// For the shell: this program, as its own caller.
    var command: String {
        "exec /proc/\(getpid())/exe call \(count) \(path) \(interface) \(member) \(argument ?? "")"
    }

    /// - Parameter arguments: those of `command`.
    init(_ arguments: [String]) {
        count = Int(arguments[2])!
        (path, interface, member) = (arguments[3], arguments[4], arguments[5])
        argument = arguments.count > 6 ? arguments[6] : nil
    }

    func run() {
        var bus: OpaquePointer?
        check(sd_bus_open_system(&bus))
        for _ in 0..<count {
            var call: OpaquePointer?
            var answer: OpaquePointer?
            check(
                sd_bus_message_new_method_call(
                    bus, &call, "se.recompile.Mandos", path, interface, member))
            if let argument {
                check(
                    argument.withCString {
                        sd_bus_message_append_basic(call, CChar(UInt8(ascii: "s")), $0)
                    })
            }
            check(sd_bus_call(bus, call, 0, nil, &answer))
            sd_bus_message_unref(call)
            sd_bus_message_unref(answer)
        }
    }

    private func check(_ code: CInt) {
        if code < 0 { fatalError("\(member): error \(-code)") }
    }
}
