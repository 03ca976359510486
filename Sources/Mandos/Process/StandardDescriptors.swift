internal import CShims.Linux
internal import Reactor

/// Standard input, output and error.
enum StandardDescriptors {
    private static let range: ClosedRange<CInt> = 0...2

    /// Those that were closed lead to /dev/null from now on, or else what is opened next would be
    /// taken for one of them.
    static func fillGaps() {
        for number in range where cshim_get_descriptor_flags(number) < 0 {
            // The lowest free number is given out first: open(2).
            _ = unsafe cshim_open("/dev/null", O_RDWR, 0)
        }
    }

    /// Closes what else was inherited, by accident or not: a daemon would hold it open for ever.
    ///
    /// - Parameter kept: is left open, wherever it is.
    static func closeOthers(but kept: Int?) { cshim_close_others(CInt(clamping: kept ?? 0)) }

    /// - Parameter numbers: those that lead to /dev/null from now on.
    static func redirect(_ numbers: ClosedRange<CInt> = range) throws(StartError) {
        do throws(SystemError) {
            let raw = try attempt("open") { unsafe cshim_open("/dev/null", O_RDWR, 0) }
            let null = Descriptor(adopting: raw)
            for number in numbers { try attempt("dup2") { dup2(null.raw, number) } }
        } catch {
            throw StartError("/dev/null: \(error.reason)")
        }
    }
}
