internal import CShims.Linux

/// The rights of root, one by one: capabilities(7).
enum Capabilities {
    /// Reads every file and looks into every directory.
    static let readEverything = UInt64(1) << UInt64(CAP_DAC_READ_SEARCH)
    /// What ping(8) and its kind need where the kernel has no ping sockets for everybody.
    static let rawSockets = UInt64(1) << UInt64(CAP_NET_RAW)

    /// What this process has and may use.
    static var permitted: UInt64 { sets.permitted }

    static var areNone: Bool {
        let sets = sets
        return sets.permitted == 0 && sets.effective == 0 && sets.inheritable == 0
    }

    /// What programs started from here get, if their files do not say otherwise.
    static var ambient: UInt64 { cshim_get_ambient_set() }

    /// Keeps these and no others, none of which a program started from here inherits.
    ///
    /// - Returns: whether that is so now.
    static func keep(_ mask: UInt64) -> Bool {
        cshim_clear_ambient_set()
        let wanted = cshim_capabilities(effective: mask, permitted: mask, inheritable: 0)
        guard cshim_set_capabilities(wanted) == 0 else { return false }
        let found = sets
        return found.permitted == mask && found.effective == mask && found.inheritable == 0
    }

    /// Keeps these, to be raised when they are needed, and no others.
    ///
    /// - Returns: whether that is so now.
    static func hold(_ mask: UInt64) -> Bool {
        cshim_clear_ambient_set()
        guard lower(mask) else { return false }
        let found = sets
        return found.permitted == mask && found.effective == 0 && found.inheritable == 0
    }

    /// Puts these into effect, which are all that are permitted.
    static func raise(_ mask: UInt64) -> Bool {
        cshim_set_capabilities(
            cshim_capabilities(effective: mask, permitted: mask, inheritable: 0)) == 0
    }

    /// Permits these and no others, and puts none into effect.
    static func lower(_ mask: UInt64) -> Bool {
        cshim_set_capabilities(
            cshim_capabilities(effective: 0, permitted: mask, inheritable: 0)) == 0
    }

    /// Keeps these for programs started from here, and none with an effect in this process.
    ///
    /// - Returns: whether that is so now.
    static func keep(toInherit mask: UInt64) -> Bool {
        cshim_clear_ambient_set()
        let wanted = cshim_capabilities(effective: 0, permitted: mask, inheritable: mask)
        guard cshim_set_capabilities(wanted) == 0, cshim_raise_ambient_set(mask) == 0 else {
            return false
        }
        let found = sets
        return found.permitted == mask && found.effective == 0 && found.inheritable == mask
            && ambient == mask
    }

    private static var sets: cshim_capabilities {
        var sets = cshim_capabilities()
        let result = unsafe cshim_get_capabilities(&sets)
        precondition(result == 0)
        return sets
    }
}
