internal import Reactor

extension SelfTest {
    /// An Ed25519 key made for this purpose: everybody may know it.
    private static let privatePEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINAkUVbGVkJbc7puuUm4I/aCuzO25Pekv/o0naz5CPlU
        -----END PRIVATE KEY-----

        """
    private static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAsgONwB3bZG6wpafGmtL4Ij6bWlDvu7lOvLxN8TN2Fds=
        -----END PUBLIC KEY-----

        """
    /// As `openssl pkey -pubout -outform der | sha256sum` has it.
    private static let keyIDHex = "F462F7A3DBC856B94E78E9153E77CE7EF619F69AD47CA48787E76FA07AECEDB8"

    static func keyIDs() -> String? {
        guard let keyID = KeyID(hex: keyIDHex), keyID.hex.utf8.elementsEqual(keyIDHex.utf8) else {
            return "64 hexadecimal digits were not read"
        }
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        guard KeyID(hex: nothing) == .ofNothing else { return "the key ID of nothing was missed" }
        return KeyID(hex: "12") == nil ? nil : "two digits were read as a key ID"
    }

    static func priorities() -> String? {
        let refused = [
            "SECURE128:+CTYPE-OPENPGQ", "NORMAL", "NORMAL:+CTYPE-RAWPK:-VERS-ALL:+VERS-DTLS1.2",
            "NONE:+CTYPE-RAWPK:+VERS-TLS1.3",
        ]
        for text in refused where (try? TLSContext(priority: text)) != nil {
            return "“\(text)” was accepted"
        }
        let old = PriorityString(configured: PriorityString.openPGPDefault.description)
        guard old.isReplacement else { return "the default of OpenPGP days was not replaced" }
        do throws(PriorityError) {
            _ = try TLSContext(priority: old.text)
            return nil
        } catch {
            return error.problem
        }
    }

    static func handshake() -> String? {
        do throws(PriorityError) {
            let context = try TLSContext(priority: ServerSettings.defaultPriority.description)
            let peer = try TLSContext(priority: ServerSettings.defaultPriority.description)
            do throws(TLSError) {
                try peer.loadKey(privatePEM: privatePEM, publicPEM: publicPEM)
                return try handshake(TLSSession(context), TLSSession(peer, role: .server))
            } catch {
                return "\(error.call): \(error.text)"
            }
        } catch {
            return error.problem
        }
    }

    private static func handshake(
        _ server: TLSSession, _ peer: TLSSession
    ) throws(TLSError) -> String? {
        let (near, far) = MemoryStream.pair()
        var (isServerDone, isPeerDone) = (false, false)
        for _ in 0..<10 where !(isServerDone && isPeerDone) {
            if !isServerDone { isServerDone = try server.handshake(over: near) == .finished }
            _ = try server.flush(over: near)
            if !isPeerDone { isPeerDone = try peer.handshake(over: far) == .finished }
            _ = try peer.flush(over: far)
        }
        guard isServerDone, isPeerDone else { return "the handshake does not end" }
        do throws(PeerKeyError) {
            guard try server.peerKeyID() == KeyID(hex: keyIDHex) else { return "wrong key ID" }
        } catch {
            return "no key ID"
        }
        return try delivery(from: server, near, to: peer, far)
    }

    private static func delivery(
        from server: TLSSession, _ near: MemoryStream, to peer: TLSSession, _ far: MemoryStream
    ) throws(TLSError) -> String? {
        let secret = SensitiveBytes(copying: Array("secret".utf8))
        let count = try unsafe secret.withBytes { bytes throws(TLSError) in
            try unsafe server.send(bytes, over: near)
        }
        try server.bye(over: near)
        guard count == secret.count, try server.flush(over: near) else { return "not sent" }
        var received: UInt64 = 0
        let outcome = try unsafe withUnsafeMutableBytes(of: &received) { bytes throws(TLSError) in
            try unsafe peer.receive(into: bytes, over: far)
        }
        guard outcome == .bytes(count) else { return "not received" }
        return try peer.awaitBye(over: far) == .finished ? nil : "no goodbye"
    }
}
