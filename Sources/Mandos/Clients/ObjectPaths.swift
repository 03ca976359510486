/// Which client has which object. The path comes from the name alone wherever that is possible, so
/// that scripts can rely on it: see DBUS-API.md, “Object paths”.
struct ObjectPaths {
    /// Where clients are.
    static let parent = "/clients"

    private var names: [String: ClientName] = [:]
    private var paths: [ClientName: String] = [:]

    /// Those whose names are paths as they are get what they always had, wherever they stand in the
    /// file.
    init(_ names: [ClientName]) {
        for name in names where name.isPlain { add(name) }
        for name in names where !name.isPlain { add(name) }
    }

    subscript(_ name: ClientName) -> String? { paths[name] }

    func name(at path: String) -> ClientName? { names[path] }

    /// - Returns: its path; the same again if it has one.
    @discardableResult
    mutating func add(_ name: ClientName) -> String {
        if let path = paths[name] { return path }
        var path = "\(Self.parent)/\(name.pathElement)"
        if names[path] != nil { path += "_\(name.fingerprint)" }
        while names[path] != nil { path += "_" }
        names[path] = name
        paths[name] = path
        return path
    }

    mutating func remove(_ name: ClientName) {
        if let path = paths.removeValue(forKey: name) { names[path] = nil }
    }

    /// Names of the nodes right below `path`, in order. O(clients).
    func children(of path: String) -> [String] {
        let prefix = Array((path == "/" ? "/" : path + "/").utf8)
        if path == "/" { return [String(Self.parent.dropFirst())] }
        var found: Set<String> = []
        for other in names.keys where other.utf8.starts(with: prefix) {
            let rest = other.utf8.dropFirst(prefix.count)
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            found.insert(String(Substring(rest[..<end])))
        }
        return found.sorted()
    }
}
