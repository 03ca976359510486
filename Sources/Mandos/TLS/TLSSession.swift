internal import CShims.GnuTLS
internal import CShims.Linux
package import Reactor

/// One TLS session over a stream that never blocks.
///
/// What the session has to say is collected, and written by `flush`: so the end of a handshake, a
/// secret and the farewell leave in one packet. What a peer has sent is read in whole buffers, and
/// passed on in whole records (`RecordInbox`).
@safe package final class TLSSession {
    private let context: TLSContext
    private let session: gnutls_session_t
    /// Only during a call of GnuTLS.
    private var stream: (any ByteStream)?
    private var inbox: RecordInbox
    private let role: Role
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    private var hasReceived = false
    private var isEstablished = false
    /// Why the peer was refused, if it was.
    var refusal: PeerRefusal?
    /// Why the stream failed, if it did.
    private var cause: SystemError?
    /// That GnuTLS stopped because of what is unsent, rather than for want of input.
    private var isPushBlocked = false

    package enum Progress: Equatable {
        case finished
        /// Call again once the stream is ready for this.
        case wants(Readiness)
    }

    /// The part played in the handshake. A Mandos server is the client of it.
    package enum Role { case client, server }

    /// More than this waits until the peer has read something.
    private static let unsentBytesMax = 64 * 1024
    /// Alerts and the like that a peer may put between two steps of a handshake.
    private static let interruptionsMax = 16

    /// - Throws: only when there is no memory.
    package init(_ context: TLSContext, role: Role = .client) throws(TLSError) {
        self.context = context
        self.role = role
        inbox = RecordInbox(
            bytesMax: role == .client ? HandshakePolicy.handshakeBytesMax : .max)
        var session: gnutls_session_t?
        let flags = role == .client ? cshim_gnutls_client_flags : cshim_gnutls_server_flags
        try Self.check("gnutls_init", unsafe gnutls_init(&session, flags))
        unsafe self.session = unsafe session!
        try Self.check(
            "gnutls_priority_set", unsafe gnutls_priority_set(self.session, context.priority))
        try Self.check(
            "gnutls_credentials_set",
            unsafe gnutls_credentials_set(
                self.session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(context.credential)))
        unsafe gnutls_handshake_set_private_extensions(self.session, 1)
        unsafe gnutls_handshake_set_timeout(self.session, 0)  // the loop has the deadlines
        unsafe gnutls_transport_set_ptr(
            self.session, Unmanaged.passUnretained(self).toOpaque())
        unsafe gnutls_transport_set_pull_function(self.session) { pointer, buffer, count in
            unsafe TLSSession.of(pointer).pull(into: .init(start: buffer, count: count))
        }
        unsafe gnutls_transport_set_pull_timeout_function(self.session) { pointer, _ in
            unsafe TLSSession.of(pointer).inbox.state == .ready ? 1 : 0
        }
        unsafe gnutls_transport_set_push_function(self.session) { pointer, bytes, count in
            unsafe TLSSession.of(pointer).push(.init(start: bytes, count: count))
        }
        if role == .client { unsafe judgeMessages(self.session) }
    }

    deinit { unsafe gnutls_deinit(session) }

    /// Goes as far as the stream allows. At the end there may still be something to `flush`.
    package func handshake(over stream: any ByteStream) throws(TLSError) -> Progress {
        self.stream = stream
        defer { self.stream = nil }
        for _ in 0..<Self.interruptionsMax {
            let code = unsafe gnutls_handshake(session)
            if code == GNUTLS_E_SUCCESS {
                establish()
                return .finished
            }
            if gnutls_error_is_fatal(code) != 0 {
                _ = unsafe gnutls_alert_send_appropriate(session, code)  // so that it knows why
                _ = try? flush()
                throw failure("gnutls_handshake", code)
            }
            if code == GNUTLS_E_AGAIN, let readiness = try blocked() { return .wants(readiness) }
        }
        throw TLSError("gnutls_handshake", GNUTLS_E_UNEXPECTED_PACKET)
    }

    /// Puts as much of `bytes` as there is room for into records.
    /// - Returns: how many bytes were taken, which is 0 while the peer does not read.
    package func send(
        _ bytes: UnsafeRawBufferPointer, over stream: any ByteStream
    ) throws(TLSError) -> Int {
        self.stream = stream
        defer { self.stream = nil }
        var sent = 0
        while sent < bytes.count, unsentCount < Self.unsentBytesMax {
            let count = unsafe gnutls_record_send(
                session, bytes.baseAddress! + sent, bytes.count - sent)
            if count == GNUTLS_E_INTERRUPTED { continue }
            guard count > 0 else { throw failure("gnutls_record_send", CInt(count)) }
            sent += count
        }
        return sent
    }

    /// Says that nothing more will come. It leaves with the next `flush`.
    package func bye(over stream: any ByteStream) throws(TLSError) {
        self.stream = stream
        defer { self.stream = nil }
        let code = unsafe gnutls_bye(session, GNUTLS_SHUT_WR)
        guard code == GNUTLS_E_SUCCESS else { throw failure("gnutls_bye", code) }
    }

    /// What one `receive` came to.
    package enum Received: Equatable {
        case bytes(Int)
        /// The peer has said goodbye.
        case end
        case wants(Readiness)
    }

    /// Reads a part of what the peer has sent.
    package func receive(
        into buffer: UnsafeMutableRawBufferPointer, over stream: any ByteStream
    ) throws(TLSError) -> Received {
        self.stream = stream
        defer { self.stream = nil }
        for _ in 0..<Self.interruptionsMax {
            let count = unsafe gnutls_record_recv(session, buffer.baseAddress!, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if count == GNUTLS_E_AGAIN, let readiness = try blocked() { return .wants(readiness) }
            if gnutls_error_is_fatal(CInt(count)) != 0 {
                throw failure("gnutls_record_recv", CInt(count))
            }
        }
        throw TLSError("gnutls_record_recv", GNUTLS_E_UNEXPECTED_PACKET)
    }

    /// Reads, and forgets, until the peer has said goodbye. A peer has nothing to say, so one that
    /// talks a lot is not listened to.
    package func awaitBye(over stream: any ByteStream) throws(TLSError) -> Progress {
        for _ in 0..<Self.interruptionsMax {
            var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            let received = try unsafe withUnsafeMutableBytes(of: &bytes) {
                (buffer) throws(TLSError) in
                try unsafe receive(into: buffer, over: stream)
            }
            switch received {
            case .bytes: continue
            case .end: return .finished
            case .wants(let readiness): return .wants(readiness)
            }
        }
        throw TLSError("gnutls_record_recv", GNUTLS_E_UNEXPECTED_PACKET)
    }

    /// Writes what was collected.
    /// - Returns: whether all of it is gone.
    package func flush(over stream: any ByteStream) throws(TLSError) -> Bool {
        self.stream = stream
        defer { self.stream = nil }
        return try flush()
    }

    /// The key ID of the peer: SHA-256 over its SubjectPublicKeyInfo in DER form (RFC 7250,
    /// section 3). Known once the handshake has finished.
    package func peerKeyID() throws(PeerKeyError) -> KeyID {
        let type = unsafe gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS)
        guard type == GNUTLS_CRT_RAWPK else {
            let name = unsafe gnutls_certificate_type_get_name(type)
            throw .wrongType(unsafe name.map { unsafe String(cString: $0) } ?? "unknown")
        }
        var count: CUnsignedInt = 0
        guard let key = unsafe gnutls_certificate_get_peers(session, &count), count > 0,
            unsafe key.pointee.size > 0
        else { throw .missing }
        return try unsafe KeyID(hashing: key.pointee)
    }

    private func establish() {
        isEstablished = true
        if role == .client { inbox.allow(HandshakePolicy.afterwardsBytesMax) }
    }

    private var unsentCount: Int { unsent.count - unsentStart }

    /// What to wait for when GnuTLS could not go on; nil if it can, as it does not always say EAGAIN
    /// for want of input: having used up a message that is none of ours, it says so too.
    private func blocked() throws(TLSError) -> Readiness? {
        let isFlushed = try flush()
        if isPushBlocked { return isFlushed ? nil : .output }
        if inbox.state == .ready { return nil }
        return isFlushed ? .input : .output
    }

    private func flush() throws(TLSError) -> Bool {
        while unsentCount > 0 {
            let transfer = unsafe unsent.withUnsafeBytes { bytes in
                unsafe stream!.write(from: .init(rebasing: bytes[unsentStart...]))
            }
            switch transfer {
            case .bytes(let count): unsentStart += count
            case .wouldBlock: return false
            case .endOfStream: throw TLSError("send", GNUTLS_E_PUSH_ERROR)
            case .failed(let error):
                throw TLSError(
                    "send", GNUTLS_E_PUSH_ERROR, cause: error, hasReceived: hasReceived)
            }
        }
        (unsent, unsentStart) = ([], 0)
        return true
    }

    private func push(_ bytes: UnsafeRawBufferPointer) -> Int {
        // Only a peer that makes us answer again and again, but never reads, comes here.
        isPushBlocked = unsentCount > 2 * Self.unsentBytesMax
        if isPushBlocked { return fail(EAGAIN) }
        if unsentStart > 0 {
            unsent.removeSubrange(..<unsentStart)
            unsentStart = 0
        }
        unsafe unsent.append(contentsOf: bytes)
        return bytes.count
    }

    private func pull(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            switch inbox.state {
            case .ready: return unsafe inbox.take(into: buffer)
            case .foreign: return fail(EPROTO)
            case .excessive:
                refusal = .excess(bytesMax)
                return fail(EPROTO)
            case .needs(let bytesMax):
                // The peer cannot have answered what has not been sent.
                if unsentCount > 0 { return fail(EAGAIN) }
                if let outcome = read(atMost: bytesMax) { return outcome }
            }
        }
    }

    /// - Returns: what GnuTLS is told; nil if something has come.
    private func read(atMost bytesMax: Int) -> Int? {
        let scratch = unsafe context.scratch
        let room = unsafe UnsafeMutableRawBufferPointer(
            rebasing: scratch[..<min(scratch.count, bytesMax)])
        isPushBlocked = false
        switch unsafe stream!.read(into: room) {
        case .bytes(let count):
            hasReceived = true
            unsafe inbox.append(.init(rebasing: room[..<count]))
            return nil
        case .wouldBlock: return fail(EAGAIN)
        case .endOfStream: return 0
        case .failed(let error):
            cause = error
            return fail(error.code)
        }
    }

    private func fail(_ code: CInt) -> Int {
        unsafe gnutls_transport_set_errno(session, code)
        return -1
    }

    /// How much the peer may send in this part of the session.
    private var bytesMax: Int {
        isEstablished ? HandshakePolicy.afterwardsBytesMax : HandshakePolicy.handshakeBytesMax
    }

    private func failure(_ call: StaticString, _ code: CInt) -> TLSError {
        if let refusal { return TLSError(call, code, refusal: refusal) }
        guard code == GNUTLS_E_FATAL_ALERT_RECEIVED || code == GNUTLS_E_WARNING_ALERT_RECEIVED
        else { return TLSError(call, code, cause: cause, hasReceived: hasReceived) }
        let name = unsafe gnutls_alert_get_name(gnutls_alert_get(session))
        return TLSError(call, code, alert: unsafe name.map { unsafe String(cString: $0) })
    }

    private static func check(_ call: StaticString, _ code: CInt) throws(TLSError) {
        guard code >= 0 else { throw TLSError(call, code) }
    }

    /// The session of a callback, which is only called back during one of its own methods.
    static func of(_ pointer: gnutls_transport_ptr_t?) -> TLSSession {
        unsafe Unmanaged<TLSSession>.fromOpaque(pointer!).takeUnretainedValue()
    }
}

/// Why a peer has no key ID.
package enum PeerKeyError: Error, Equatable {
    /// The name of the certificate type that was agreed on instead.
    case wrongType(String)
    case missing
}

extension KeyID {
    fileprivate init(hashing key: gnutls_datum_t) throws(PeerKeyError) {
        var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let code = unsafe withUnsafeMutableBytes(of: &digest) {
            unsafe gnutls_hash_fast(
                GNUTLS_DIG_SHA256, key.data, Int(key.size), $0.baseAddress!)
        }
        guard code == GNUTLS_E_SUCCESS else { throw .missing }
        let bytes = unsafe withUnsafeBytes(of: digest) { unsafe Array($0) }
        guard let identifier = KeyID(bytes: bytes.span) else { throw .missing }
        self = identifier
    }
}
