/// What is done over and over.
struct Workload {
    let name: String
    /// How often it is done in a round.
    let operations: Int
    /// Makes all that is needed, which is not measured, and returns a round.
    let prepare: () throws -> () throws -> Void

    init(_ name: String, _ operations: Int, prepare: @escaping () throws -> () throws -> Void) {
        self.name = name
        self.operations = operations
        self.prepare = prepare
    }
}
