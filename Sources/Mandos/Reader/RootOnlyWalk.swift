internal import CShims.Linux
internal import Reactor

/// Opens a file component by component, from the root directory on, and looks at each of them with
/// `RootOnlyRule`, on open descriptors. So a name that is replaced meanwhile changes nothing. To be
/// used while root's right to read is in effect, and for nothing else.
struct RootOnlyWalk: ~Copyable {
    /// The directory that was reached, and its path without links.
    private var directory: Descriptor
    private var attributes: FileAttributes
    private var names: [String] = []
    /// Components that are left to go, the next one last.
    private var pending: [String]
    private var linksLeft = Self.linksMax

    /// As many as the kernel follows: path_resolution(7).
    private static let linksMax = 40

    enum Found: ~Copyable {
        case file(Descriptor)
        case directory(Descriptor)
    }

    /// - Parameter path: absolute.
    /// - Returns: open for reading. A file is a regular one that belongs to root.
    static func open(_ path: String) throws(FileError) -> Found {
        var walk = try start(path)
        return try walk.goOn()
    }

    private static func start(_ path: String) throws(FileError) -> RootOnlyWalk {
        let root = try Self.root()
        let attributes = try Self.attributes(of: root)
        let walk = RootOnlyWalk(
            directory: root, attributes: attributes, pending: components(of: path).reversed())
        try walk.check(attributes, in: nil, "/")
        return walk
    }

    private static func root() throws(FileError) -> Descriptor {
        Descriptor(
            adopting: try retrying("openat") { unsafe cshim_find_at(AT_FDCWD, "/") })
    }

    private init(
        directory: consuming Descriptor, attributes: FileAttributes, pending: [String]
    ) {
        self.directory = directory
        self.attributes = attributes
        self.pending = pending
    }

    private mutating func goOn() throws(FileError) -> Found {
        while let name = pending.popLast() {
            if name == ".." {
                try enter(find(".."), nil)
                continue
            }
            let found = try find(name)
            let kind = try Self.attributes(of: found)
            try check(kind, in: attributes, path(to: name))
            if kind.isDirectory {
                try enter(found, name)
            } else if kind.isLink {
                try follow(found)
            } else {
                guard pending.isEmpty else { throw .system(code: ENOTDIR) }
                guard kind.isRegular else { throw .notRegular }
                return .file(try openFile(name))
            }
        }
        let raw = directory.raw
        return .directory(
            Descriptor(
                adopting: try retrying("openat") { unsafe cshim_open_directory_at(raw, ".") }))
    }

    private func find(_ name: String) throws(FileError) -> Descriptor {
        let raw = directory.raw
        return Descriptor(
            adopting: try retrying("openat") { unsafe cshim_find_at(raw, name) })
    }

    /// - Parameter name: nil for the parent of the present one.
    private mutating func enter(
        _ next: consuming Descriptor, _ name: String?
    ) throws(FileError) {
        let found = try Self.attributes(of: next)
        if let name { names.append(name) } else { _ = names.popLast() }
        try check(found, in: attributes, "/" + joined(names))
        attributes = found
        directory = next
    }

    private mutating func follow(_ link: borrowing Descriptor) throws(FileError) {
        guard linksLeft > 0 else { throw .system(code: ELOOP) }
        linksLeft -= 1
        let target = try Self.target(of: link)
        guard !target.isEmpty else { throw .system(code: ENOENT) }
        pending += Self.components(of: target).reversed()
        guard pending.count <= Self.componentsMax else { throw .system(code: ENAMETOOLONG) }
        if target.utf8.first == UInt8(ascii: "/") { try startAgain() }
    }

    private static let componentsMax = 4096

    private mutating func startAgain() throws(FileError) {
        directory = try Self.root()
        attributes = try Self.attributes(of: directory)
        names = []
    }

    /// The name cannot have become another file: only root could do that.
    private func openFile(_ name: String) throws(FileError) -> Descriptor {
        let raw = directory.raw
        let file = Descriptor(
            adopting: try retrying("openat") { unsafe cshim_open_at(raw, name) })
        let found = try Self.attributes(of: file)
        try check(found, in: attributes, path(to: name))
        guard found.isRegular else { throw .notRegular }
        try LinuxSecretFileReader.refuseFileOfKernel(file)
        return file
    }

    private func check(
        _ entry: FileAttributes, in directory: FileAttributes?, _ path: @autoclosure () -> String
    ) throws(FileError) {
        guard let cause = RootOnlyRule.objection(to: entry, in: directory) else { return }
        throw .refused(FileRefusal(path(), cause))
    }

    private func path(to name: String) -> String {
        names.isEmpty ? "/" + name : "/" + joined(names) + "/" + name
    }

    private func joined(_ names: [String]) -> String {
        var text = ""
        for name in names { text += text.isEmpty ? name : "/" + name }
        return text
    }
}

// Reading single files.
extension RootOnlyWalk {
    private static func attributes(
        of file: borrowing Descriptor
    ) throws(FileError) -> FileAttributes {
        var status = stat()
        let raw = file.raw
        _ = try retrying("fstat") { unsafe fstat(raw, &status) }
        return FileAttributes(status)
    }

    private static func target(of link: borrowing Descriptor) throws(FileError) -> String {
        let raw = link.raw
        var bytes = [CChar](repeating: 0, count: Frame.pathBytesMax)
        let count = try unsafe bytes.withUnsafeMutableBufferPointer { room throws(FileError) in
            try retrying("readlinkat") {
                unsafe cshim_read_link(raw, room.baseAddress!, room.count)
            }
        }
        guard count < bytes.count else { throw .system(code: ENAMETOOLONG) }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func components(of path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/"))
            .map { String(decoding: $0, as: UTF8.self) }
            .filter { $0 != "." }
    }
}
