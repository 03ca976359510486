import Testing

extension OneClient {
    /// All of the secret, and a farewell.
    func expectSecret(_ report: Peer.Report, location: SourceLocation = #_sourceLocation) {
        #expect(report.outcome == .orderly, "\(report)", sourceLocation: location)
        #expect(report.bytes == secret.bytes.count, sourceLocation: location)
        #expect(report.sha256 == secret.sha256, sourceLocation: location)
    }

    /// Waits until the server has as many open descriptors as it had. Meanwhile it serves honest
    /// machines, of which each takes some time: nothing here only waits.
    func expectDescriptors(_ count: Int) throws {
        let deadline = Deadline()
        var now = try server.descriptorCount()
        while now > count, !deadline.hasPassed {
            try expectService()
            now = try server.descriptorCount()
        }
        #expect(now <= count)
    }

    /// That the server has that many connections, as soon as it has let go of the machines that got
    /// their secrets.
    func expectConnections(_ count: () -> Int) throws {
        let deadline = Deadline()
        var now = try server.connectionCount()
        while now != count(), !deadline.hasPassed {
            try expectService()
            now = try server.connectionCount()
        }
        #expect(now == count())
    }
}
