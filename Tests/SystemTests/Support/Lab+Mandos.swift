import Foundation
import Testing

extension Lab {
    /// What avahi-browse(1) says of one service: a line of `avahi-browse -rpt`.
    struct Entry: Equatable {
        let interface: String
        let protocolName: String
        let name: String
        let host: String
        let address: String
        let port: UInt16
        let texts: String

        fileprivate init?(_ line: Substring) {
            let fields = line.split(separator: ";", omittingEmptySubsequences: false)
            guard fields.count >= 10, fields[0] == "=", let port = UInt16(fields[8]) else {
                return nil
            }
            interface = String(fields[1])
            protocolName = String(fields[2])
            // “Mandos #2” is written as Mandos\032\0352.
            name = fields[3].replacingOccurrences(of: "\\032", with: " ")
                .replacingOccurrences(of: "\\035", with: "#")
            host = String(fields[6])
            address = String(fields[7])
            self.port = port
            texts = String(fields[9])
        }
    }

    /// Starts a server that knows the machine.
    ///
    /// - Parameter checkedHost: as which the machine is pinged; nil if it is not checked.
    func startServer(
        _ binary: Binary, named name: String = "mandos", on host: String = "server",
        environment: String = "", settings: String = "", pinging checkedHost: String? = nil,
        _ options: String...
    ) throws {
        let configuration = try configure(name, settings, pinging: checkedHost)
        let state = try makeStateDirectory(of: name)
        let arguments =
            ["--debug", "--no-restore", "--configdir", configuration, "--statedir", state] + options
        try start(
            name, on: host,
            "exec env \(environment) \(binary.path) \(arguments.joined(separator: " "))")
        try waitForLog(name, "listening on")
    }

    /// Two servers cannot share one.
    private func makeStateDirectory(of name: String) throws -> String {
        let state = "\(directory)/\(name).state"
        guard mkdir(state, 0o700) == 0 || errno == EEXIST else {
            throw TestFailure("mkdir: \(errno)")
        }
        if let user = getpwnam("_mandos") { chown(state, user.pointee.pw_uid, user.pointee.pw_gid) }
        return state
    }

    /// A directory with the configuration of a server that knows the machine.
    func configure(
        _ name: String, _ settings: String, pinging checkedHost: String? = nil
    ) throws -> String {
        let configuration = "\(directory)/\(name).conf"
        try FileManager.default.createDirectory(
            atPath: configuration, withIntermediateDirectories: false)
        var stanza = try Fixtures.machine.get().stanza
        if let checkedHost {
            stanza =
                stanza.replacingOccurrences(of: "host = machine\n", with: "host = \(checkedHost)\n")
                + "checker = builtin:ping\ninterval = PT1S\n"
        } else {
            stanza += "checker = :\n"
        }
        try ("[DEFAULT]\n" + settings).write(
            toFile: configuration + "/mandos.conf", atomically: false, encoding: .utf8)
        try stanza.write(
            toFile: configuration + "/clients.conf", atomically: false, encoding: .utf8)
        return configuration
    }

    /// Waits for a line of a log that has all the words.
    ///
    /// - Returns: the last such line.
    @discardableResult
    func waitForLog(
        _ name: String, _ words: String..., by deadline: Deadline = Deadline()
    ) throws -> String {
        while true {
            let line = log(name).split(separator: "\n").last { line in
                words.allSatisfy { line.contains($0) }
            }
            if let line { return String(line) }
            guard !deadline.hasPassed else {
                throw TestFailure("no line with \(words) in:\n\(log(name).suffix(4000))")
            }
            usleep(20_000)
        }
    }

    /// The port that the server says it listens on.
    func port(of name: String = "mandos") throws -> UInt16 {
        let line = try waitForLog(name, "listening on")
        return try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
    }

    /// Waits until the server has been announced so many times. Somebody who asks before that may be
    /// kept waiting by what is no longer true.
    func waitForAnnouncement(_ count: Int, _ name: String = "mandos") throws {
        try wait("lab", "[ $(grep -c 'announced as' \(directory)/\(name).log) -ge \(count) ]")
    }

    /// All entries for Mandos servers that another host sees.
    func browse(from host: String = "client") throws -> [Entry] {
        let text = try on(host, "avahi-browse -rpt _mandos._tcp")
        return text.split(separator: "\n").compactMap { Entry($0) }.sorted { $0.name < $1.name }
    }

    /// Waits until avahi-browse prints a line like that.
    func waitForEntry(_ pattern: String = "^=", from host: String = "client") throws {
        try wait(host, "avahi-browse -rpt _mandos._tcp | grep -q '\(pattern)'")
    }

    /// The records of a name, as the client's host is told them by multicast.
    func query(_ name: String, _ type: String) throws -> [String] {
        let text = try on("client", "\(Lab.rig)mdns-query eth0 '\(name)' \(type)")
        return text.split(separator: "\n").map(String.init)
    }

    /// The command by which a machine that boots asks for its password.
    func askForPassword() throws -> String {
        let keys = try Fixtures.machine.get().directory
        return try #require(MandosClient.path)
            + " --interface=eth0 --pubkey=\(keys)/pubkey.txt --seckey=\(keys)/seckey.txt"
            + " --tls-pubkey=\(keys)/tls-pubkey.pem --tls-privkey=\(keys)/tls-privkey.pem"
    }

    /// Boots a machine that knows nothing but its keys.
    func expectPassword(
        on host: String = "client", location: SourceLocation = #_sourceLocation
    ) throws {
        let password = try on(host, "timeout 100 \(askForPassword()) 2>/dev/null")
        #expect(try password == Fixtures.machine.get().password, sourceLocation: location)
    }

    /// Ends a server, which is expected to do so in good order.
    func stop(_ name: String = "mandos", location: SourceLocation = #_sourceLocation) throws {
        try on("lab", "kill $(cat \(directory)/\(name).pid)")
        try wait("lab", "test -s \(directory)/\(name).status")
        let status = try on("lab", "cat \(directory)/\(name).status")
        #expect(status == "0", sourceLocation: location)
    }
}
