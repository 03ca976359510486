/// What a soak is to do.
package struct SoakSettings {
    package let target: Target
    package var minutes = 60.0
    package var seed: UInt64 = 0
    /// Growth of resident memory that is not taken for a leak, from the end of the warm-up on.
    package var growthBytesMax = 2 * 1_048_576

    package init(target: Target) { self.target = target }
}
