internal import CShims.Linux

/// The only owner of an open file descriptor, which closes when the owner's life ends.
@usableFromInline  // or Embedded Swift does not see the deinit from other modules
package struct Descriptor: ~Copyable {
    package let raw: CInt

    /// - Precondition: `raw` is open, close-on-exec, and belongs to nobody else.
    package init(adopting raw: CInt) { self.raw = raw }

    /// Not retried after EINTR: Linux has closed the descriptor by then (close(2), NOTES).
    deinit { _ = close(raw) }
}
