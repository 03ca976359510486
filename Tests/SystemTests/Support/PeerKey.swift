import Foundation
import Testing

/// A key of a machine, as its initial RAM disk holds it. Each kind is made once for all tests.
struct PeerKey: Sendable, CustomTestStringConvertible {
    static let ed25519 = Result { try PeerKey("ed25519", "-algorithm", "ed25519") }
    static let ecdsa = Result {
        try PeerKey("ecdsa-p256", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    }
    static let rsa = Result {
        try PeerKey("rsa-4096", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096")
    }
    static let ed448 = Result { try PeerKey("ed448", "-algorithm", "ed448") }
    static let ecdsaP384 = Result {
        try PeerKey("ecdsa-p384", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
    }
    static let ecdsaP521 = Result {
        try PeerKey("ecdsa-p521", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521")
    }
    static let rsaPSS = Result {
        try PeerKey("rsa-pss", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
    }
    /// The largest that is allowed. Making one takes minutes.
    static let largeRSA = Result {
        try PeerKey("rsa-8192", privateFile: Repository.path("Tests/Peer/rsa-8192.pem"))
    }
    /// Smaller than the server allows.
    static let smallRSA = Result {
        try PeerKey("rsa-1024", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    }
    /// Where two machines are needed.
    static let other = Result { try PeerKey("other", "-algorithm", "ed25519") }
    /// That no server knows.
    static let stranger = Result { try PeerKey("stranger", "-algorithm", "ed25519") }

    /// PEM files.
    let privateFile: String
    let publicFile: String
    /// 64 hexadecimal digits in lower case, from certtool(1).
    let keyID: String

    private let name: String

    var testDescription: String { name }

    private init(_ name: String, _ algorithm: String...) throws {
        let file = "\(try Fixtures.directory.get().path)/\(name).pem"
        let made = try Program.run("openssl", ["genpkey", "-out", file] + algorithm)
        guard made.status == 0 else { throw TestFailure("openssl genpkey: \(made.error)") }
        try self.init(name, privateFile: file)
    }

    private init(_ name: String, privateFile: String) throws {
        self.name = name
        self.privateFile = privateFile
        publicFile = "\(try Fixtures.directory.get().path)/\(name).pub.pem"
        try Program.output("openssl", "pkey", "-in", privateFile, "-pubout", "-out", publicFile)
        keyID = try Program.output(
            "certtool", "--key-id", "--hash=sha256", "--infile", publicFile
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The same, as openssl(1) sees it.
    func digestOfPublicKey() throws -> String {
        try Program.output(
            "sh", "-c", "openssl pkey -pubin -in \(publicFile) -outform der | sha256sum"
        ).components(separatedBy: " ")[0]
    }

    /// A file with an X.509 certificate of this key.
    func makeCertificate(in directory: TemporaryDirectory) throws -> String {
        let file = directory.path + "/certificate.pem"
        try Program.output(
            "openssl", "req", "-x509", "-new", "-key", privateFile, "-subj", "/CN=peer", "-out",
            file)
        return file
    }
}
