import Testing

@testable import LoadGenerator

@Suite("Targets")
struct TargetTests {
    @Test(
        "addresses of this machine may be loaded",
        arguments: ["127.0.0.1", "127.200.3.4", "::1", "::ffff:127.0.0.1"])
    func loopback(_ host: String) throws {
        #expect(try Target(host: host, port: 1).isLoopback)
    }

    @Test(
        "others are told apart from them",
        arguments: ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "::2", "0.0.0.0", "::"])
    func other(_ host: String) throws {
        #expect(try !Target(host: host, port: 1).isLoopback)
    }

    @Test("names are not looked up", arguments: ["localhost", "example.org", "", "1.2.3.4.5"])
    func name(_ host: String) {
        #expect(throws: LoadError.self) { try Target(host: host, port: 1) }
    }
}
