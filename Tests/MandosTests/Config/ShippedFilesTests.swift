import Foundation
import Testing

@testable import Mandos

private func shipped(_ name: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
    return try String(contentsOfFile: "\(root)/etc/\(name)", encoding: .utf8)
}

/// With every option that is switched off switched on.
private func switchedOn(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.hasPrefix(";") ? $0.dropFirst() : $0 }.joined(separator: "\n")
}

struct ShippedFilesTests {
    @Test("the shipped mandos.conf says nothing, and what it shows are the defaults")
    func shippedServerFile() throws {
        let text = try shipped("mandos.conf")
        #expect(try ServerSettings(file: sensitive(text), name: "f") == ServerSettings())
        var shown = try ServerSettings(file: sensitive(switchedOn(text)), name: "f")
        #expect(try shown.logLevel() == .warning)
        shown.setDebugLevel("", at: Place(file: "mandos.conf"))
        shown.setServiceName("Mandos", at: Place(file: "mandos.conf"))
        shown.setPriority(shown.priority, at: Place(file: "mandos.conf"))
        #expect(shown == ServerSettings())
        let keys = [
            "interface", "address", "port", "debug", "debuglevel", "priority", "servicename",
            "use_dbus",
            "use_ipv6", "restore", "statedir", "save_interval", "socket", "foreground", "zeroconf",
            "zeroconf_txt",
            "version_line_limit",
            "version_line_timeout", "handshake_timeout", "send_timeout", "dead_peer_timeout",
            "max_connections", "max_connections_per_source", "max_connections_per_client",
            "max_checkers",
        ]
        for key in keys { #expect(text.contains("\n;\(key) =")) }
    }

    @Test(
        "the shipped clients.conf has no clients; its examples are good, and it shows the defaults")
    func shippedClientsFile() throws {
        func read(_ text: String) throws -> ClientsFile {
            let files = FakeFiles(["/etc/mandos/bar.secret": "raw"])
            return try ClientsFile(sensitive(text), name: "f", files: files, lookup: FakeLookup())
        }
        let text = try shipped("clients.conf")
        #expect(try read(text).clients.isEmpty)
        let shown = try read(switchedOn(text))
        #expect(
            shown.errors.isEmpty && shown.notes.isEmpty
                && shown.clients.map(\.name.text) == ["foo", "bar"])
        let foo = try #require(shown.clients.first)
        let plain = try #require(try read("[foo]\nkey_id=\nsecret=").clients.first)
        #expect(foo.timeout == plain.timeout && foo.extendedTimeout == plain.extendedTimeout)
        #expect(foo.interval == plain.interval && foo.checker == plain.checker)
        #expect(
            foo.approvalDelay == plain.approvalDelay
                && foo.approvalDuration == plain.approvalDuration)
        #expect(
            foo.isApprovedByDefault == plain.isApprovedByDefault && foo.isEnabled == plain.isEnabled
        )
    }
}
