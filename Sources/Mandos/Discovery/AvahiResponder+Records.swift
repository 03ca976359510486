internal import CShims.Avahi
internal import Reactor

extension AvahiResponder {
    /// Registers the service under `name`, in place of any earlier one.
    func register(_ name: String) throws(DiscoveryError) {
        withdraw()
        serviceRecords = OwnRecord.service(
            name, host: hostLabel, port: announcement.endpoint.port, texts: announcement.texts)
        probes()
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let created = unsafe avahi_s_entry_group_new(
            server, { _, _, state, context in unsafe AvahiResponder.of(context)?.serviceIs(state) },
            context)
        guard let group = unsafe created else { throw lastError("avahi_s_entry_group_new") }
        unsafe service = group
        let code = unsafe addService(name, to: group)
        guard code == 0 else {
            throw DiscoveryError("avahi_server_add_service_strlst", avahi: code)
        }
        try unsafe commit(group)
    }

    private func addService(_ name: String, to group: OpaquePointer) -> CInt {
        var texts: UnsafeMutablePointer<AvahiStringList>?
        defer { unsafe avahi_string_list_free(texts) }
        // The first one comes last in avahi's lists, and first in the packet.
        for text in announcement.texts {
            unsafe texts = avahi_string_list_add_arbitrary(texts, text, text.count)
        }
        return unsafe avahi_server_add_service_strlst(
            server, group, AvahiIfIndex(AVAHI_IF_UNSPEC), number(announcement.family),
            AvahiPublishFlags(0), name,
            Announcement.type.description, nil, hostName, announcement.endpoint.port, texts)
    }

    /// Says goodbye to the service; the addresses stay.
    func withdraw() {
        serviceRecords = []
        guard let group = unsafe service else { return }
        unsafe service = nil
        unsafe avahi_s_entry_group_free(group)
    }

    /// Another name, made from one that is taken: “Mandos #2” from “Mandos”.
    static func alternative(to name: String) -> String {
        guard let text = unsafe avahi_alternative_service_name(name) else { return name }
        defer { unsafe avahi_free(text) }
        return unsafe String(cString: text)
    }

    /// Takes this name for the host from now on. What had the old one is withdrawn, and to be
    /// announced again.
    func rename(host label: String) {
        withdraw()
        while let (address, group) = unsafe addresses.first {
            unsafe avahi_s_entry_group_free(group)
            unsafe addresses[address] = nil
        }
        addressRecords = []
        hostLabel = label
    }

    private var hostName: String { hostLabel + ".local" }

    /// Announces these addresses, and no others any more.
    func publish(_ wanted: Set<InterfaceAddress>) throws(DiscoveryError) {
        let published = unsafe Set(addresses.keys)
        for address in published.subtracting(wanted) {
            guard let group = unsafe addresses.removeValue(forKey: address) else { continue }
            unsafe avahi_s_entry_group_free(group)
        }
        let added = wanted.subtracting(published)
        addressRecords = wanted.map { OwnRecord.address($0.address, host: hostLabel) }
        if !added.isEmpty { probes() }
        for address in added { try add(address) }
    }

    private func add(_ address: InterfaceAddress) throws(DiscoveryError) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let created = unsafe avahi_s_entry_group_new(
            server, { _, _, state, context in unsafe AvahiResponder.of(context)?.addressIs(state) },
            context)
        guard let group = unsafe created else { throw lastError("avahi_s_entry_group_new") }
        unsafe addresses[address] = group
        var value = AvahiAddress()
        value.proto = number(address.address.family)
        unsafe withUnsafeMutableBytes(of: &value.data) {
            unsafe $0.copyBytes(from: address.address.bytes)
        }
        // The reverse entry belongs to whoever is the mDNS daemon of this host.
        let code = unsafe avahi_server_add_address(
            server, group, AvahiIfIndex(address.interface), number(announcement.family),
            AVAHI_PUBLISH_NO_REVERSE, hostName, &value)
        guard code == 0 else { throw DiscoveryError("avahi_server_add_address", avahi: code) }
        try unsafe commit(group)
    }

    private func commit(_ group: OpaquePointer) throws(DiscoveryError) {
        let code = unsafe avahi_s_entry_group_commit(group)
        guard code == 0 else { throw DiscoveryError("avahi_s_entry_group_commit", avahi: code) }
    }

    private func number(_ family: SocketFamily) -> AvahiProtocol {
        AvahiProtocol(CInt(family == .ipv4 ? AVAHI_PROTO_INET : AVAHI_PROTO_INET6))
    }

    private func lastError(_ call: StaticString) -> DiscoveryError {
        DiscoveryError(call, avahi: unsafe avahi_server_errno(server))
    }
}
