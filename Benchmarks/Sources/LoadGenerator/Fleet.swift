import Foundation
package import Support

/// The machines that a server is configured to know, with their keys.
package struct Fleet {
    package struct Member {
        package let name: String
        package let machine: machine
    }

    package let members: [Member]

    /// The file that `write` makes in a directory, for `init(directory:)`.
    static let fileName = "machines"

    /// Makes new keys.
    package init(count: Int, secretByteCount: Int) {
        members = (1...count).map { number in
            var machine = Support.machine()
            unsafe machine_generate(&machine)
            machine.secret_bytes = secretByteCount
            return Member(name: "machine\(number)", machine: machine)
        }
    }

    /// Reads what `write` has written.
    package init(directory: String) throws {
        let path = directory + "/" + Self.fileName
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var members: [Member] = []
        for (index, line) in text.split(separator: "\n").enumerated() where !line.hasPrefix("#") {
            guard let member = Member(line) else {
                throw LoadError("\(path):\(index + 1): expected NAME PUBLIC PRIVATE SIZE")
            }
            members.append(member)
        }
        guard !members.isEmpty else { throw LoadError("\(path): expected machines, found none") }
        self.members = members
    }

    /// Writes the keys, and a clients.conf by which a server knows them, both for the owner only.
    ///
    /// - Parameter defaults: lines for the section that is about all clients.
    package func write(to directory: String, defaults: [String]) throws {
        var keys = "# NAME PUBLIC PRIVATE SIZE-OF-SECRET, made by mandos-bench keys\n"
        var clients = "[DEFAULT]\n" + defaults.map { $0 + "\n" }.joined()
        for member in members {
            keys += member.line + "\n"
            clients += "\n" + member.section
        }
        try Self.create(directory + "/" + Self.fileName, keys)
        try Self.create(directory + "/clients.conf", clients)
    }

    /// Never has other permissions than its last ones, and replaces nothing.
    private static func create(_ path: String, _ text: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LoadError("\(path): \(unsafe String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }
}

extension Fleet.Member {
    fileprivate init?(_ line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count == 4, let size = Int(fields[3]), (0...16_777_216).contains(size),
            let publicKey = bytes(hex: fields[1]), publicKey.count == 32,
            let privateKey = bytes(hex: fields[2]), privateKey.count == 32
        else { return nil }
        name = String(fields[0])
        var machine = Support.machine()
        unsafe withUnsafeMutableBytes(of: &machine.public_key) {
            unsafe $0.copyBytes(from: publicKey)
        }
        unsafe withUnsafeMutableBytes(of: &machine.private_key) {
            unsafe $0.copyBytes(from: privateKey)
        }
        machine.secret_bytes = size
        self.machine = machine
    }

    fileprivate var line: String {
        let publicKey = unsafe withUnsafeBytes(of: machine.public_key) { unsafe hex($0) }
        let privateKey = unsafe withUnsafeBytes(of: machine.private_key) { unsafe hex($0) }
        return "\(name) \(publicKey) \(privateKey) \(machine.secret_bytes)"
    }

    /// What is to be sent to it.
    package var secret: [UInt8] {
        unsafe withUnsafePointer(to: machine) { machine in
            unsafe [UInt8](unsafeUninitializedCapacity: machine.pointee.secret_bytes) {
                unsafe machine_secret(machine, $0.baseAddress)
                $1 = unsafe machine.pointee.secret_bytes
            }
        }
    }

    /// Its private key: PKCS #8 (RFC 8410, section 7) in PEM.
    var privateKeyPEM: String {
        let header: [UInt8] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ]
        let key = unsafe withUnsafeBytes(of: machine.private_key) { unsafe Array($0) }
        let text = Data(header + key).base64EncodedString()
        return "-----BEGIN PRIVATE KEY-----\n\(text)\n-----END PRIVATE KEY-----\n"
    }

    /// SHA-256 of its public key, in hexadecimal.
    package var keyID: String {
        var keyID = [UInt8](repeating: 0, count: 32)
        unsafe withUnsafePointer(to: machine) { unsafe machine_key_id($0, &keyID) }
        return hex(keyID)
    }

    /// Of the fingerprint nothing is used, but Debian's server 1.8.16 ends without one.
    fileprivate var section: String {
        """
        [\(name)]
        host = \(name).example
        key_id = \(keyID)
        fingerprint = \(keyID.prefix(40))
        secret = \(Data(secret).base64EncodedString())

        """
    }
}

private func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
}

private func bytes(hex text: Substring) -> [UInt8]? {
    var digits: [UInt8] = []
    for character in text {
        guard let digit = character.hexDigitValue else { return nil }
        digits.append(UInt8(digit))
    }
    guard digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
