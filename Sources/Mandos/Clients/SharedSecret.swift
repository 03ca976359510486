/// The secret of a client, in the one place that all its holders share. A connection that is
/// sending it keeps it alive, also when the client meanwhile gets another or is removed. Wiped when
/// the last holder lets go.
package final class SharedSecret {
    private let bytes: SensitiveBytes

    package init(_ bytes: consuming SensitiveBytes) { self.bytes = bytes }

    /// Zero is legal: such a client gets an empty answer.
    package var count: Int { bytes.count }

    /// Lends the secret. It must not be copied to where it is not wiped.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe bytes.withBytes(body)
    }
}

extension SharedSecret: Equatable {
    /// Takes the same time wherever the difference is.
    package static func == (left: SharedSecret, right: SharedSecret) -> Bool {
        if left === right { return true }
        guard left.count == right.count else { return false }
        return left.bytes.withSpan { first in
            right.bytes.withSpan { second in
                var difference: UInt8 = 0
                for index in first.indices { difference |= first[index] ^ second[index] }
                return difference == 0
            }
        }
    }
}
