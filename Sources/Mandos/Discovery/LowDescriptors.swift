internal import Reactor

/// Descriptors with low numbers, which nobody else gets, for avahi-core: it cannot be given any, but
/// takes the lowest that are free, and calls select(2), which knows no more than FD_SETSIZE.
final class LowDescriptors {
    private final class Held {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private let kernel: any Kernel
    private var held: [Held] = []

    /// A socket of multicast DNS, one of rtnetlink(7), and some that are closed again.
    static let count = 6

    /// - Precondition: called before many descriptors are open.
    init(on kernel: any Kernel) {
        self.kernel = kernel
        keep()
    }

    /// Leaves the numbers to what is opened next.
    func release() { held = [] }

    /// Takes the lowest numbers that are free, as many as can be had.
    func keep() {
        while held.count < Self.count {
            guard let descriptor = try? kernel.openRouteSocket(groups: 0, port: nil) else { return }
            held.append(Held(descriptor))
        }
    }
}
