import ReactorSimulation
import Testing

@testable import Mandos

@Suite("Object paths") struct ObjectPathTests {
    private func paths(_ names: String...) -> [String] {
        let names = names.map { ClientName($0) }
        let paths = ObjectPaths(names)
        return names.map { paths[$0] ?? "none" }
    }

    @Test("a plain name gives the path it always had")
    func plain() {
        #expect(
            paths("foo.example-1", "web_2", "a/b") == [
                "/clients/foo_example_1", "/clients/web_2", "/clients/a/b",
            ])
    }

    @Test("what cannot be in a path is escaped, byte by byte")
    func escaped() {
        #expect(
            paths("a b", "ü", "/a", "a//b", "a/") == [
                "/clients/a_20b", "/clients/_c3_bc", "/clients/_2fa", "/clients/a_2f_2fb",
                "/clients/a_2f",
            ])
    }

    @Test("of names with the same path, plain ones come first, then those earlier in the file")
    func collisions() {
        #expect(
            paths("a b", "a.b", "a-b", "a_20b") == [
                "/clients/a_20b_\(ClientName("a b").fingerprint)", "/clients/a_b",
                "/clients/a_b_\(ClientName("a-b").fingerprint)", "/clients/a_20b",
            ])
    }

    @Test("a path says whose it is, until that client is removed")
    func lookUp() {
        var paths = ObjectPaths([ClientName("a.b")])
        #expect(paths.name(at: "/clients/a_b") == ClientName("a.b"))
        paths.remove(ClientName("a.b"))
        #expect(paths.name(at: "/clients/a_b") == nil && paths[ClientName("a.b")] == nil)
        #expect(paths.add(ClientName("a-b")) == "/clients/a_b")
    }

    @Test("the nodes below a path are those that lead to clients")
    func children() {
        let paths = ObjectPaths([ClientName("b"), ClientName("a/x"), ClientName("a/y")])
        #expect(paths.children(of: "/") == ["clients"])
        #expect(paths.children(of: "/clients") == ["a", "b"])
        #expect(paths.children(of: "/clients/a") == ["x", "y"])
        #expect(paths.children(of: "/clients/b") == [])
    }

    @Test("any names have paths, each its own and each one that D-Bus allows")
    func anyNames() {
        var generator = SeededGenerator.fromEnvironment()
        let alphabet: [Unicode.Scalar] = ["a", "_", ".", "-", "/", " ", "2", "0", "ü", "\u{1F512}"]
        var names: Set<ClientName> = []
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                text.unicodeScalars.append(alphabet.randomElement(using: &generator)!)
            }
            names.insert(ClientName(text))
        }
        let paths = ObjectPaths(names.sorted())
        let all = names.compactMap { paths[$0] }
        #expect(Set(all).count == names.count)
        #expect(all.allSatisfy { isValid($0) })
    }

    private func isValid(_ path: String) -> Bool {
        path.hasPrefix("/clients/")
            && path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty
                    && $0.utf8.allSatisfy {
                        $0 == UInt8(ascii: "_") || ("a"..."z").contains(Character(.init($0)))
                            || ("A"..."Z").contains(Character(.init($0)))
                            || ("0"..."9").contains(Character(.init($0)))
                    }
            }
    }
}
