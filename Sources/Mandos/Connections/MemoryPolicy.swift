internal import CShims.Linux

/// How the heap gives memory back (mallopt(3), malloc_trim(3)).
package enum MemoryPolicy {
    /// Without fixed thresholds, glibc raises them each time something large is freed, and keeps
    /// the memory from then on. To be called before the first allocation of any size.
    package static func fixThresholds() {
        _ = mallopt(M_MMAP_THRESHOLD, 128 * 1024)
        _ = mallopt(M_TRIM_THRESHOLD, 128 * 1024)
    }

    /// Costs milliseconds: for when a crowd has left.
    static func returnToSystem() { _ = malloc_trim(0) }
}
