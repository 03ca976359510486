import Testing

extension SystemTests {
    @Suite("Debian's mandos-client", Requirement.mandosClient)
    struct RealClientTests {
        /// How the client gets to the server.
        enum Way: CaseIterable { case ipv6, ipv4OnDualStack, ipv4Only }

        @Test(
            "prints exactly the password that mandos-keygen encrypted",
            arguments: Binary.built, Way.allCases)
        func password(_ binary: Binary, _ way: Way) throws {
            let machine = try Fixtures.machine.get()
            var setup = Server.Setup(binary)
            setup.clients = machine.stanza + "checker = :\n"
            if way == .ipv4Only { setup.options = ["--no-ipv6"] }
            try Server.run(setup) { server in
                let address = way == .ipv6 ? server.ipv6 : server.ipv4
                let client = try MandosClient.run(connectingTo: address, as: machine)
                #expect(client.status == 0, "\(client.error)")
                #expect(client.output == machine.password)
            }
        }
    }
}
