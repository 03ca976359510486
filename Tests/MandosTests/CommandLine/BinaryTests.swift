import Testing

@testable import Mandos

@Suite(
    "the built programs",
    .enabled(if: !Binary.built.isEmpty, "MANDOS_STATIC and MANDOS_APPLIANCE name no program"))
struct BinaryTests {
    @Test("help and version are on standard output, with status 0", arguments: Binary.built)
    func answers(_ binary: Binary) throws {
        let help = Usage(program: "mandos").help
        #expect(try binary.run(["--help"]) == .init(status: 0, output: help, error: ""))
        #expect(try binary.run(["-v"]) == .init(status: 0, output: "mandos 2.0.0\n", error: ""))
    }

    static let refused: [([String], String)] = [
        (["--port", "ssh"], "-p/--port: expected an integer, found “ssh”"),
        (["stray", "--bogus=é"], "unknown arguments: --bogus=é stray"),
        (["--no"], "--no: could be any of --no-dbus, --no-ipv6, --no-restore, --no-zeroconf"),
        (["--foreground=1"], "--foreground: takes no value"),
    ]

    @Test("a usage error is on standard error, with status 2", arguments: Binary.built, refused)
    func usageError(_ binary: Binary, _ row: ([String], String)) throws {
        let text = UsageError(row.1).text(program: "mandos")
        #expect(try binary.run(row.0) == .init(status: 2, output: "", error: text))
    }
}
