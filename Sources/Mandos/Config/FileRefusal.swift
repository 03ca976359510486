/// Why a file that the server's user may not read is not read with the rights of root either.
package struct FileRefusal: Error, Equatable {
    package enum Cause: Equatable {
        /// It belongs to that user, and not to root.
        case owner(UInt32)
        /// A directory in which that group can replace files.
        case group(UInt32)
        /// A directory in which everybody can replace files.
        case everybody
        /// A file or link in a directory such as /tmp, where everybody can put some of others.
        case shared
    }

    /// The file, link or directory at fault.
    package let path: String
    package let cause: Cause

    package init(_ path: String, _ cause: Cause) {
        self.path = path
        self.cause = cause
    }

    /// Says what to do, too.
    package var reason: String {
        "the server's user may not read it, and with the rights of root nothing is read that "
            + "somebody else could have put there: \(fault)"
    }

    private var fault: String {
        switch cause {
        case .owner(let user): "“\(path)” belongs to user \(user): have root own it"
        case .group(let group):
            "group \(group) can write in “\(path)”: take that away, with chmod g-w"
        case .everybody: "everybody can write in “\(path)”: take that away, with chmod o-w"
        case .shared: "“\(path)” is in a directory that is open to all: move it to one of root's"
        }
    }
}
