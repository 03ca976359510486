import Foundation

/// A file with a secret of random bytes.
struct SecretFile {
    let path: String
    let bytes: [UInt8]
    let sha256: String

    init(in directory: TemporaryDirectory, byteCount: Int) throws {
        var generator = SystemRandomNumberGenerator()
        var words: [UInt64] = []
        for _ in 0..<(byteCount / 8 + 1) { words.append(generator.next()) }
        bytes = words.withUnsafeBytes { Array($0.prefix(byteCount)) }
        path = try directory.write("secret-\(byteCount)", bytes)
        sha256 = try Program.output("sha256sum", path).components(separatedBy: " ")[0]
    }
}
