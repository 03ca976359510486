import CShims.Linux
import Testing

@testable import Mandos

@Suite("With root's right to read") struct RootOnlyRuleTests {
    private typealias Entry = FileAttributes

    private static func entry(_ kind: CInt, _ mode: UInt32, user: UInt32 = 0) -> FileAttributes {
        FileAttributes(mode: UInt32(kind) | mode, user: user, group: 7)
    }
    private static let closed = entry(S_IFDIR, 0o755)
    private static let sticky = entry(S_IFDIR, 0o1777)

    @Test("what belongs to root is opened, in directories that root alone can write")
    func accepted() {
        for kind in [S_IFREG, S_IFLNK, S_IFDIR] {
            for mode in [0o600, 0o644, 0o755, 0o400] as [UInt32] {
                let entry = Self.entry(kind, mode)
                #expect(RootOnlyRule.objection(to: entry, in: Self.closed) == nil)
            }
        }
        // Contents that others can change are no reason: nothing of root's is given away.
        let open = Self.entry(S_IFREG, 0o666)
        #expect(RootOnlyRule.objection(to: open, in: Self.closed) == nil)
    }

    @Test("what belongs to somebody else is not")
    func owner() {
        for kind in [S_IFREG, S_IFLNK, S_IFDIR] {
            let entry = Self.entry(kind, 0o600, user: 101)
            #expect(RootOnlyRule.objection(to: entry, in: Self.closed) == .owner(101))
        }
    }

    @Test("a directory in which others can write ends the way")
    func directories() {
        let groups = Self.entry(S_IFDIR, 0o775)
        #expect(RootOnlyRule.objection(to: groups, in: Self.closed) == .group(7))
        let everybodys = Self.entry(S_IFDIR, 0o777)
        #expect(RootOnlyRule.objection(to: everybodys, in: nil) == .everybody)
        #expect(RootOnlyRule.objection(to: everybodys, in: Self.sticky) == .everybody)
    }

    @Test("a sticky directory may be passed, but only by directories of root's")
    func stickyDirectory() {
        #expect(RootOnlyRule.objection(to: Self.sticky, in: Self.closed) == nil)
        #expect(RootOnlyRule.objection(to: Self.closed, in: Self.sticky) == nil)
        for kind in [S_IFREG, S_IFLNK] {
            let entry = Self.entry(kind, 0o600)
            #expect(RootOnlyRule.objection(to: entry, in: Self.sticky) == .shared)
        }
    }
}
