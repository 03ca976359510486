import Foundation

/// A network of its own, with a loopback interface and nothing else that leads anywhere. Only root
/// can make one.
struct NetworkNamespace {
    let name: String

    static func run(_ body: (NetworkNamespace) throws -> Void) throws {
        let name = "mandos-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Program.output("ip", "netns", "add", name)
        defer { _ = try? Program.output("ip", "netns", "delete", name) }
        let namespace = NetworkNamespace(name: name)
        try namespace.output("ip", "link", "set", "lo", "up")
        try body(namespace)
    }

    /// A program and arguments that run what follows them in here.
    var wrapper: [String] { ["ip", "netns", "exec", name] }

    @discardableResult
    func output(_ arguments: String...) throws -> String {
        let (status, output, error) = try Program.run(
            wrapper[0], Array(wrapper.dropFirst()) + arguments)
        guard status == 0 else {
            throw TestFailure("\(arguments.joined(separator: " ")): status \(status): \(error)")
        }
        return output
    }
}
