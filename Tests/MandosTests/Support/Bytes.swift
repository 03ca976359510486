@testable import Mandos

/// A copy of `span`.
func bytes(of span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }

func bytes(of secret: SharedSecret) -> [UInt8] { secret.withBytes { [UInt8]($0) } }

/// Copied into memory that will be wiped.
func sensitive(_ text: String) -> SensitiveBytes { SensitiveBytes(copying: [UInt8](text.utf8)) }
