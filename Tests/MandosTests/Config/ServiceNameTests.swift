import Testing

@testable import Mandos

@Suite("The service name") struct ServiceNameTests {
    private func problem(_ text: String, servicename: String? = nil) throws -> String? {
        var settings = try ServerSettings(
            file: sensitive("[DEFAULT]\n" + text), name: "mandos.conf")
        var options = Options()
        options.serviceName = servicename
        settings.apply(options)
        do throws(ConfigError) {
            try settings.checkServiceName()
            return nil
        } catch {
            return error.text
        }
    }

    private let long = String(repeating: "å", count: 32)

    @Test("is one label of a domain name: 1 to 63 bytes")
    func length() throws {
        #expect(try problem("servicename = \(long.dropLast())x") == nil)
        let problem = try #require(try problem("port = 1\nservicename = \(long)"))
        #expect(
            problem.hasPrefix(
                "mandos.conf:3: [DEFAULT] servicename: "
                    + "expected a service name of 1 to 63 bytes, found “åå"))
        #expect(
            try self.problem("", servicename: "")
                == "--servicename: expected a service name of 1 to 63 bytes, found “”")
    }

    @Test("may be anything where it is not announced")
    func unused() throws {
        #expect(try problem("zeroconf = no\nservicename =") == nil)
    }
}

@Suite("Strings of the TXT record") struct ServiceTextsTests {
    private func parse(_ text: String) -> [String]? {
        ServiceTexts.parse(Array(text.utf8).span)?.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("each line is one; the value may be anything, and may be missing")
    func lines() {
        #expect(parse("a=1\n\nb=x = y å\nc\nd=") == ["a=1", "b=x = y å", "c", "d="])
        #expect(parse("") == [])
    }

    @Test("a key is made of printable ASCII characters, and there is one")
    func keys() {
        #expect(parse("=1") == nil)
        #expect(parse("å=1") == nil)
        #expect(parse("a\tb=1") == nil)
    }

    @Test("a string has at most 255 bytes, and all of them fit into one packet")
    func sizes() {
        let longest = "k=" + String(repeating: "x", count: 253)
        #expect(parse(longest) == [longest])
        #expect(parse(longest + "x") == nil)
        let five = Array(repeating: longest, count: 5)  // 1280 bytes, with their lengths
        func lines(_ last: Int) -> String {
            (five + ["k=" + String(repeating: "x", count: last)]).joined(separator: "\n")
        }
        #expect(parse(lines(17))?.count == 6)
        #expect(parse(lines(18)) == nil)
    }
}
