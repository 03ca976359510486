/// The messages that a peer may send in a handshake. Each is judged when it is complete, and before
/// GnuTLS looks into it. Makes no system call.
package struct HandshakePolicy {
    /// Numbers of RFC 8446, section 4, and RFC 5246, section 7.4; GnuTLS gives one of its own to a
    /// HelloRetryRequest.
    package enum Message: UInt32 {
        case helloRequest = 0
        case serverHello = 2
        case newSessionTicket = 4
        case encryptedExtensions = 8
        case certificate = 11
        case serverKeyExchange = 12
        case certificateRequest = 13
        case serverHelloDone = 14
        case certificateVerify = 15
        case finished = 20
        case certificateStatus = 22
        case keyUpdate = 24
        case helloRetryRequest = 1025
    }

    /// The parameters agreed on before the message.
    package struct Agreement {
        package let isTLS13: Bool
        /// The name of the type of certificate that is not a raw public key; nil if it is one.
        package let otherCertificateType: String?
        /// Whether the key exchange is that of TLS 1.2 over a prime of the peer's.
        package let hasPeerPrime: Bool

        package init(isTLS13: Bool, otherCertificateType: String?, hasPeerPrime: Bool) {
            self.isTLS13 = isTLS13
            self.otherCertificateType = otherCertificateType
            self.hasPeerPrime = hasPeerPrime
        }
    }

    /// An RSA key of 8192 bits takes 1070 in a Certificate, and FFDHE8192 over TLS 1.2 with such a
    /// signature 3080 in a ServerKeyExchange.
    package static let messageBytesMax = 4096
    /// All handshake messages of both sides together: RSA of 8192 bits takes 2800, a
    /// HelloRetryRequest 700 more, shares of FFDHE8192 up to 3100 more.
    package static let transcriptBytesMax = 8192
    /// Of what the peer sends until the handshake has finished, in records.
    package static let handshakeBytesMax = 8192
    /// Of what it sends afterwards: it has to say goodbye, in 24 bytes.
    package static let afterwardsBytesMax = 4096
    /// As large as the largest group of RFC 7919.
    package static let primeBytesMax = 1024

    /// - Parameters:
    ///   - type: the number of the message.
    ///   - body: without the header of four bytes.
    /// - Throws: what is wrong with it.
    package static func check(
        _ type: UInt32, _ body: [UInt8], _ agreement: Agreement
    ) throws(PeerRefusal) {
        guard let message = Message(rawValue: type) else {
            throw .message("a handshake message of type \(type)")
        }
        guard body.count <= messageBytesMax else {
            throw .message("a handshake message of \(body.count) bytes")
        }
        switch message {
        case .certificate: try checkCertificate(body, agreement)
        case .serverKeyExchange: if agreement.hasPeerPrime { try checkPrime(body) }
        case .helloRequest, .serverHello, .newSessionTicket, .encryptedExtensions,
            .certificateRequest, .serverHelloDone, .certificateVerify, .finished,
            .certificateStatus, .keyUpdate, .helloRetryRequest:
            break
        }
    }

    private static func checkCertificate(
        _ body: [UInt8], _ agreement: Agreement
    ) throws(PeerRefusal) {
        if let name = agreement.otherCertificateType { throw .certificateType(name) }
        let key =
            agreement.isTLS13
            ? try CertificateMessage.onlyKey(in: body) : try CertificateMessage.bareKey(in: body)
        _ = try PeerKeyPolicy.check(key)
    }

    /// ServerDHParams begin with the prime: RFC 5246, section 7.4.3.
    private static func checkPrime(_ body: [UInt8]) throws(PeerRefusal) {
        guard body.count >= 2 else { throw .message("a malformed ServerKeyExchange") }
        let count = Int(body[0]) << 8 | Int(body[1])
        guard count <= primeBytesMax else {
            throw .message("a Diffie-Hellman prime of \(8 * count) bits")
        }
    }
}
