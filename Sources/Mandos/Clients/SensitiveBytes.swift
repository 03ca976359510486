internal import CShims.Linux

/// Bytes that nobody else may learn. The only owner of their memory, which is overwritten before it
/// is given back. Not copyable, so neither printed, nor logged, nor kept twice.
@safe
@usableFromInline  // or Embedded Swift does not see the deinit from other modules
package struct SensitiveBytes: ~Copyable {
    private var storage: UnsafeMutableBufferPointer<UInt8>
    package private(set) var count = 0

    package init(capacity: Int = 0) {
        unsafe storage = .allocate(capacity: max(capacity, 1))
    }

    /// A copy of `bytes`. The caller wipes the original, if it was sensitive.
    package init(copying bytes: Span<UInt8>) {
        self.init(capacity: bytes.count)
        append(bytes)
    }

    package init(copying bytes: [UInt8]) {
        self.init(copying: bytes.span)
    }

    deinit {
        if let start = unsafe storage.baseAddress { unsafe explicit_bzero(start, storage.count) }
        unsafe storage.deallocate()
    }

    package var isEmpty: Bool { count == 0 }
    package var capacity: Int { unsafe storage.count }

    /// Lends the bytes. They must not be copied to where they are not wiped.
    package func withSpan<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let used = unsafe UnsafeBufferPointer(start: storage.baseAddress, count: count)
        return try body(unsafe used.span)
    }

    /// Lends the bytes to C. They must not be copied to where they are not wiped.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: storage.baseAddress, count: count))
    }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe storage[count] = byte
        count += 1
    }

    package mutating func append(_ bytes: Span<UInt8>) {
        reserve(bytes.count)
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress, let end = unsafe storage.baseAddress else {
                return
            }
            unsafe (end + count).update(from: start, count: source.count)
        }
        count += bytes.count
    }

    /// Offers the unused part of the memory, at least `minimum` bytes of it, to be filled from its
    /// start by `body`, which returns how many bytes it has filled.
    package mutating func append<Failure: Error>(
        atLeast minimum: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(minimum)
        let unused = unsafe UnsafeMutableRawBufferPointer(storage.extracting(count...))
        let added = try unsafe body(unused)
        precondition(added >= 0 && added <= unused.count)
        count += added
    }

    /// Makes room for `more` bytes. When they must move, what they leave behind is wiped.
    private mutating func reserve(_ more: Int) {
        guard more > capacity - count else { return }
        var larger = SensitiveBytes(capacity: max(2 * capacity, count + more))
        withSpan { larger.append($0) }
        swap(&self, &larger)
    }
}
