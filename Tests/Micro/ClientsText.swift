/// A clients.conf in the form that mandos-keygen(8) gives it.
enum ClientsText {
    static func of(_ count: Int) -> [UInt8] {
        var text = "[DEFAULT]\ntimeout = PT20H\ninterval = PT10H\n"
        for number in 0..<count {
            text += """

                [\(name(number))]
                host = \(name(number)).example.org
                fingerprint = \(digits(number, 40))
                key_id = \(digits(number, 64))
                secret =

                """
            // As long as a short password that OpenPGP has encrypted.
            for _ in 0..<8 { text += "        \(String(repeating: "c2Vj", count: 16))\n" }
        }
        return Array(text.utf8)
    }

    private static func name(_ number: Int) -> String { "machine\(10_000 + number)" }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let end = String(number + 1, radix: 16, uppercase: true)
        return String(repeating: "0", count: count - end.count) + end
    }
}
