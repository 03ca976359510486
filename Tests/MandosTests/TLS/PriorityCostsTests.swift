import Testing

@testable import Mandos

@Suite("Costs of a priority string") struct PriorityCostsTests {
    private func text(_ priority: String) throws -> String? {
        try TLSContext(priority: priority).costs.text
    }

    @Test("are nothing to speak of in the built-in default, whose curves are all that is offered")
    func standard() throws {
        #expect(try text(ServerSettings.defaultPriority.description) == nil)
    }

    @Test("are named, with milliseconds, for groups of RFC 7919")
    func groups() throws {
        let reference = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3"
        let text = try #require(try text(reference))
        for words in ["FFDHE2048 (8 ms)", "FFDHE4096 (56 ms)", "FFDHE8192 (282 ms)"] {
            #expect(text.contains(words))
        }
        #expect(!text.contains("TLS 1.2"))
        #expect(try self.text(reference + ":-GROUP-DH-ALL") == nil)
        #expect(try self.text(reference + ":-GROUP-ALL:+GROUP-X25519:+GROUP-FFDHE2048") != nil)
    }

    @Test("are named for TLS 1.2 with a prime of the peer's, and end as the warning says")
    func primes() throws {
        let old = "NORMAL:+CTYPE-RAWPK"
        #expect(try #require(try text(old)).contains("TLS 1.2 with DHE (282 ms)"))
        #expect(try text(old + ":-GROUP-ALL:+GROUP-EC-ALL") != nil)
        #expect(try text(old + ":-GROUP-ALL:+GROUP-EC-ALL:-DHE-RSA:-DHE-DSS") == nil)
    }
}
