/// The message in which a peer shows its raw public key (RFC 7250, section 3).
enum CertificateMessage {
    /// TLS 1.3 (RFC 8446, section 4.4.2): no request context, a list of one entry, no extensions.
    ///
    /// - Returns: the SubjectPublicKeyInfo.
    static func onlyKey(in body: [UInt8]) throws(PeerRefusal) -> [UInt8] {
        guard body.count >= 4, body[0] == 0, length(in: body, at: 1) == body.count - 4 else {
            throw malformed
        }
        if body.count == 4 { throw .noKey }
        guard let count = length(in: body, at: 4), body.count >= 7 + count + 2 else {
            throw malformed
        }
        if count == 0 { throw .noKey }
        guard body.count == 7 + count + 2 else {
            throw .message("a Certificate message with more than one key")
        }
        guard body[7 + count] == 0, body[7 + count + 1] == 0 else {
            throw .message("a Certificate message with extensions")
        }
        return Array(body[7..<7 + count])
    }

    /// TLS 1.2: nothing but the key, with its length.
    static func bareKey(in body: [UInt8]) throws(PeerRefusal) -> [UInt8] {
        guard let count = length(in: body, at: 0), count == body.count - 3 else { throw malformed }
        if count == 0 { throw .noKey }
        return Array(body[3...])
    }

    private static let malformed = PeerRefusal.message("a malformed Certificate message")

    /// A number of three bytes; nil if there are not so many.
    private static func length(in body: [UInt8], at position: Int) -> Int? {
        guard body.count >= position + 3 else { return nil }
        return Int(body[position]) << 16 | Int(body[position + 1]) << 8 | Int(body[position + 2])
    }
}
