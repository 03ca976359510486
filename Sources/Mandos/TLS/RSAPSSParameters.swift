/// RSASSA-PSS-params (RFC 4055, section 3.1), of which a key of type RSA-PSS may have some.
enum RSAPSSParameters {
    /// That of SHA-512, the longest hash of TLS 1.3, which has salts as long as hashes.
    private static let saltBytesMax: UInt8 = 64
    /// Two hashes and two numbers take 60.
    private static let bytesMax = 96

    /// Whether they are absent, or of that form. Hashes are left to GnuTLS.
    static func areSound(_ parameters: DERReader) -> Bool {
        var parameters = parameters
        if parameters.isAtEnd { return true }
        guard parameters.rest.count <= bytesMax,
            var fields = parameters.read(DERReader.Tag.sequence), parameters.isAtEnd
        else { return false }
        for number: UInt8 in 0...3 where fields.begins(with: DERReader.Tag.context(number)) {
            guard let field = fields.read(DERReader.Tag.context(number)),
                number < 2 ? isSequence(field) : isSmallNumber(field)
            else { return false }
        }
        return fields.isAtEnd
    }

    private static func isSequence(_ field: DERReader) -> Bool {
        var field = field
        return field.read(DERReader.Tag.sequence) != nil && field.isAtEnd
    }

    /// The length of the salt, or the trailer, which is 1.
    private static func isSmallNumber(_ field: DERReader) -> Bool {
        var field = field
        guard let number = field.readPositive(), field.isAtEnd, number.count == 1 else {
            return false
        }
        return number.first.map { $0 <= saltBytesMax } ?? false
    }
}
