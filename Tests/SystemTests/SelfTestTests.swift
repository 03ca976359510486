import Testing

extension SystemTests {
    @Suite("The self-test")
    struct SelfTestTests {
        @Test("passes with an empty environment", arguments: Binary.built)
        func emptyEnvironment(_ binary: Binary) throws {
            let outcome = try Program.run(binary.path, ["--check"], environment: [:])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output.isEmpty)
            #expect(!outcome.error.isEmpty)
        }

        @Test(
            "passes as nobody, and ignores everything else", Requirement.root,
            arguments: Binary.built)
        func nobody(_ binary: Binary) throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let copy = directory.path + "/mandos"
            try Program.output("install", "-m", "755", binary.path, copy)
            let outcome = try Program.run(
                "setpriv",
                [
                    "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", "-i", copy,
                    "--check", "--port", "99999", "--configdir", "/nonexistent",
                ])
            #expect(outcome.status == 0, "\(outcome.error)")
        }
    }
}
