import Foundation
import Testing

/// A running server, with a configuration of its own.
final class Server {
    /// How to start one.
    struct Setup {
        let binary: Binary
        /// Text of clients.conf, and of mandos.conf.
        var clients = ""
        var settings = ""
        var options: [String] = []
        /// A program and its arguments that starts the server as its own last arguments.
        var wrapper: [String] = []
        /// That of a bus; nil for a server without D-Bus.
        var busAddress: String?
        /// RLIMIT_NOFILE; nil for that of the tests.
        var descriptorsMax: Int?
        /// Without --debug, it does not say when it listens, so it inherits a socket that does
        /// already.
        var isQuiet = false

        init(_ binary: Binary) { self.binary = binary }
    }

    let port: UInt16
    let program: Program

    var ipv6: String { "::1:\(port)" }
    var ipv4: String { "127.0.0.1:\(port)" }

    /// Runs one while `body` does, and expects it to end in good order.
    static func run(
        _ setup: Setup, endingWith signal: CInt = SIGTERM, _ body: (Server) throws -> Void
    ) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let server = try Server(setup, in: directory)
        defer { server.program.end() }
        if !setup.isQuiet { try server.waitForLog("INFO", "listening on") }
        try body(server)
        server.program.send(signal)
        #expect(try server.program.waitForExit() == 0)
    }

    /// Starts one, which whoever starts it has to end.
    static func start(_ setup: Setup) throws -> Server {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }  // it has read its files by then
        let server = try Server(setup, in: directory)
        try server.waitForLog("INFO", "listening on")
        return server
    }

    func end() { program.end() }

    /// Runs one that is expected to end by itself.
    static func runToEnd(
        _ setup: Setup, port: UInt16? = nil
    ) throws -> (status: CInt, output: String, error: String) {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let server = try Server(setup, in: directory, port: port)
        defer { server.program.end() }
        let status = try server.program.waitForExit()
        return (status, try server.program.output.text(), try server.program.error.text())
    }

    private init(_ setup: Setup, in directory: TemporaryDirectory, port: UInt16? = nil) throws {
        self.port = try port ?? ListeningSocket.findFreePort()
        let state = try directory.makeDirectory("state")
        if geteuid() == 0, let user = getpwnam("_mandos") {
            chown(state, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try directory.write("mandos.conf", ("[DEFAULT]\n" + setup.settings).utf8)
        try directory.write("clients.conf", setup.clients.utf8)
        var arguments = [
            setup.binary.path, "--configdir", directory.path, "--foreground",
            "--no-zeroconf", "--no-restore", "--statedir", state,
        ]
        if let address = setup.busAddress {
            arguments = ["env", "DBUS_SYSTEM_BUS_ADDRESS=\(address)"] + arguments
        } else {
            arguments.append("--no-dbus")
        }
        if let limit = setup.descriptorsMax {
            arguments = ["sh", "-c", "ulimit -n \(limit); exec \"$@\"", "sh"] + arguments
        }
        arguments = setup.wrapper + arguments
        if setup.isQuiet {
            let socket = try ListeningSocket(port: self.port)
            arguments += ["--socket", "0"] + setup.options
            program = try Program(arguments, standardInput: socket.descriptor)
        } else {
            arguments += ["--debug", "--port", String(self.port)] + setup.options
            program = try Program(arguments)
        }
    }

    /// Waits for a line of that level that has all the words.
    @discardableResult
    func waitForLog(_ level: String, _ words: String...) throws -> String {
        try program.error.first("\(level): \(words)") { line in
            guard let line = LogLine(line), line.level == level else { return false }
            return words.allSatisfy { line.message.contains($0) }
        }
    }

    func hasLogged(_ words: String) -> Bool {
        program.error.lines.contains { $0.contains(words) }
    }

    /// Open descriptors of the server, now.
    func descriptorCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/fd").count
    }

    /// Connections of the server's port that it has open, now, in whatever stage; those that it has
    /// yet to accept are not among them.
    func connectionCount() throws -> Int {
        let directory = "/proc/\(program.pid)"
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/fd")
        let open = Set(
            names.compactMap { name in
                try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "\(directory)/fd/\(name)")
            })
        let port = ":" + String(format: "%04X", port)
        let listening = "0A"
        return try ["tcp", "tcp6"].reduce(0) { count, table in
            // A file of unknown size, of which `String(contentsOfFile:)` reads a part.
            let file = try FileHandle(
                forReadingFrom: URL(fileURLWithPath: "\(directory)/net/\(table)"))
            let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
            let rows = text.split(separator: "\n").map { $0.split(separator: " ") }
            return count
                + rows.count { row in
                    row.count > 9 && row[1].hasSuffix(port) && row[3] != listening
                        && open.contains("socket:[\(row[9])]")
                }
        }
    }

    /// Memory that it has in RAM, in bytes.
    func residentBytes() throws -> Int { try statusBytes("VmRSS") }

    /// The part of it that nobody else can have, and that no file backs.
    func anonymousBytes() throws -> Int { try statusBytes("RssAnon") }

    private func statusBytes(_ key: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(program.pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(key):") }
        guard let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first,
            let kibibytes = Int(number)
        else { throw TestFailure("there is no \(key)") }
        return kibibytes * 1024
    }
}
