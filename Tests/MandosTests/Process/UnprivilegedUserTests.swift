import Testing

@testable import Mandos

@Suite("The unprivileged user") struct UnprivilegedUserTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let users: [String: UInt32]
        let groups: [String: UInt32]
        let expected: UnprivilegedUser
    }

    static let rows = [
        Row(
            testDescription: "_mandos of all", users: ["_mandos": 1, "mandos": 2, "nobody": 3],
            groups: ["_mandos": 11, "mandos": 12, "nogroup": 13],
            expected: UnprivilegedUser(user: 1, group: 11)),
        Row(
            testDescription: "mandos before nobody", users: ["mandos": 2, "nobody": 3],
            groups: ["mandos": 12, "nogroup": 13], expected: UnprivilegedUser(user: 2, group: 12)),
        Row(
            testDescription: "nobody goes with nogroup", users: ["nobody": 3],
            groups: ["nogroup": 13, "nobody": 14], expected: UnprivilegedUser(user: 3, group: 13)),
        Row(
            testDescription: "a user without its group is passed over",
            users: ["_mandos": 1, "nobody": 3], groups: ["nogroup": 13],
            expected: UnprivilegedUser(user: 3, group: 13)),
        Row(
            testDescription: "a group without its user is passed over", users: ["mandos": 2],
            groups: ["_mandos": 11, "mandos": 12], expected: UnprivilegedUser(user: 2, group: 12)),
        Row(
            testDescription: "none of them", users: ["nobody": 3], groups: ["nobody": 3],
            expected: UnprivilegedUser(user: 65534, group: 65534)),
    ]

    @Test("is of the first pair of which both exist", arguments: rows)
    func choice(_ row: Row) {
        let choice = UnprivilegedUser.choose(user: { row.users[$0] }, group: { row.groups[$0] })
        #expect(choice == row.expected)
    }
}
