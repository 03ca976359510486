internal import CShims.Linux

/// The arguments that this process was started with. Embedded Swift has no `CommandLine`.
package enum ProcessArguments {
    /// The program first. Bytes that are not UTF-8 become U+FFFD.
    package static var current: [String] {
        let vector = unsafe cshim_argv()
        return (0..<Int(cshim_argc())).map { index in
            unsafe vector[index].map { unsafe String(cString: $0) } ?? ""
        }
    }
}
