internal import CShims.Avahi
internal import CShims.Linux
internal import Reactor

/// An mDNS responder (RFC 6762) in this process: avahi-core. Announces one service, and a host name
/// for the addresses of this host. When its life ends, it says goodbye to the network first.
@safe final class AvahiResponder {
    enum Event: Equatable {
        case established
        /// Another host has a service of that name.
        case collided
        /// Another host has the name that this one is announced by.
        case hostCollided
        /// avahi now waits for what is past, so the responder is of no use any more.
        case clockSetBack
        /// Nor is it here.
        case failed(DiscoveryError)
    }

    /// What waits to be reported until avahi has returned.
    private final class Mailbox {
        var report: ((Event) -> Void)?
        /// Of the service; an event of an earlier one is of no interest.
        var registration = 0
        /// Of the host's name; the same.
        var hostRegistration = 0

        init(_ report: @escaping (Event) -> Void) { self.report = report }
    }

    let announcement: Announcement
    var hostLabel: String
    private let loop: EventLoop
    private let gate: MulticastGate
    private let descriptors: LowDescriptors
    private let poll: AvahiPollAdapter
    private let mailbox: Mailbox
    private(set) var server: OpaquePointer?
    var service: OpaquePointer? {
        didSet { mailbox.registration += 1 }
    }
    /// Each with the entry group of its record.
    var addresses: [InterfaceAddress: OpaquePointer] = unsafe [:]

    /// The records that avahi-core has been given, for the gate.
    var serviceRecords: [OwnRecord] = [] {
        didSet { gate.own = serviceRecords + addressRecords }
    }
    var addressRecords: [OwnRecord] = [] {
        didSet { gate.own = serviceRecords + addressRecords }
    }

    /// - Parameters:
    ///   - hostLabel: nobody else's.
    ///   - gate: what packets pass before avahi-core sees them.
    ///   - descriptors: lent to avahi-core for as long as this lives.
    ///   - report: called by the loop, never from inside avahi, and not for a service that has been
    ///     withdrawn meanwhile.
    init(
        _ announcement: Announcement, hostLabel: String, behind gate: MulticastGate,
        _ descriptors: LowDescriptors, on loop: EventLoop, report: @escaping (Event) -> Void
    ) throws(DiscoveryError) {
        self.announcement = announcement
        self.hostLabel = hostLabel
        self.loop = loop
        self.gate = gate
        self.descriptors = descriptors
        poll = AvahiPollAdapter(on: loop, behind: gate)
        mailbox = Mailbox(report)
        descriptors.release()
        do throws(SystemError) {
            try Self.rehearse(on: loop.kernel)
        } catch {
            throw DiscoveryError("avahi-core cannot be started: \(error.text)")
        }
        // The random delays of avahi-core come from rand(3). Servers that start at the same moment,
        // after a power cut, are not to say the same at the same moment as well.
        srand(UInt32.random(in: 0...UInt32.max))
        poll.troubled = { [unowned(unsafe) self] in unsafe note($0) }
        try open()
    }

    deinit {
        mailbox.report = nil
        poll.troubled = { _ in }
        if let server = unsafe server { unsafe avahi_server_free(server) }
        descriptors.keep()
    }

    /// avahi_server_new() aborts the process where it cannot have what this asks for: a socket of
    /// rtnetlink(7) whose port is our process id, and some descriptors.
    private static func rehearse(on kernel: any Kernel) throws(SystemError) {
        let socket = try kernel.openRouteSocket(groups: 0, port: UInt32(getpid()))
        try reserve(descriptorsNeeded, like: socket.raw, on: kernel)
    }

    private static let descriptorsNeeded = LowDescriptors.count

    private static func reserve(
        _ count: Int, like raw: CInt, on kernel: any Kernel
    ) throws(SystemError) {
        guard count > 0 else { return }
        let descriptor = try kernel.duplicate(raw)
        try reserve(count - 1, like: descriptor.raw, on: kernel)
    }

    private func open() throws(DiscoveryError) {
        var config = unsafe AvahiServerConfig()
        unsafe avahi_server_config_init(&config)
        defer { unsafe avahi_server_config_free(&config) }
        unsafe configure(&config)
        var code: CInt = 0
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe server = avahi_server_new(
            poll.api, &config,
            { _, state, context in unsafe AvahiResponder.of(context)?.serverIs(state) },
            context, &code)
        if unsafe server == nil { throw DiscoveryError("avahi_server_new", avahi: code) }
    }

    /// avahi-core begins to find out whether names are free.
    func probes() { gate.probes() }

    /// As little as possible: whatever anybody sends to the multicast group is parsed in here.
    private func configure(_ config: inout AvahiServerConfig) {
        unsafe config.host_name = avahi_strdup(hostLabel)
        unsafe config.use_ipv4 = announcement.family == .ipv4 ? 1 : 0
        unsafe config.use_ipv6 = announcement.family == .ipv6 ? 1 : 0
        if !announcement.interface.isEmpty {
            unsafe config.allow_interfaces = avahi_string_list_add(nil, announcement.interface)
        }
        // Its own records would have reverse entries, and those belong to the name that an
        // avahi-daemon on this host has given to the same addresses: the two would fight for ever.
        unsafe config.publish_addresses = 0
        unsafe config.publish_hinfo = 0
        unsafe config.publish_workstation = 0
        unsafe config.publish_domain = 0
        unsafe config.enable_wide_area = 0
        unsafe config.enable_reflector = 0
        unsafe config.disallow_other_stacks = 0
        // An interface whose cable is back is announced on again.
        unsafe config.use_iff_running = 1
        // Nothing is looked up, so nothing that others say is worth keeping.
        unsafe config.n_cache_entries_max = 0
        // Packets sent in answer to others': what Debian's avahi-daemon allows itself.
        unsafe config.ratelimit_interval = 1_000_000
        unsafe config.ratelimit_burst = 1000
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> AvahiResponder? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<AvahiResponder>.fromOpaque(context).takeUnretainedValue()
    }

    // What avahi reports while it is in the middle of something, when it must not be freed.

    private func serverIs(_ state: AvahiServerState) {
        // A collision would be one of records that it was told not to make.
        guard state == AVAHI_SERVER_FAILURE || state == AVAHI_SERVER_COLLISION else { return }
        fail(DiscoveryError("avahi: server state \(state.rawValue)"))
    }

    func serviceIs(_ state: AvahiEntryGroupState) {
        let registration = mailbox.registration
        let event: Event
        switch state {
        case AVAHI_ENTRY_GROUP_ESTABLISHED: event = .established
        case AVAHI_ENTRY_GROUP_COLLISION: event = .collided
        case AVAHI_ENTRY_GROUP_FAILURE:
            return fail(DiscoveryError("avahi: the service could not be registered"))
        default: return
        }
        loop.later { [mailbox] in
            if mailbox.registration == registration { mailbox.report?(event) }
        }
    }

    func addressIs(_ state: AvahiEntryGroupState) {
        guard state == AVAHI_ENTRY_GROUP_COLLISION || state == AVAHI_ENTRY_GROUP_FAILURE else {
            return
        }
        guard state == AVAHI_ENTRY_GROUP_COLLISION else {
            return fail(DiscoveryError("avahi: an address could not be registered"))
        }
        let registration = mailbox.hostRegistration
        loop.later { [mailbox] in
            // All of its addresses tell the same.
            guard mailbox.hostRegistration == registration else { return }
            mailbox.hostRegistration += 1
            mailbox.report?(.hostCollided)
        }
    }

    private func note(_ trouble: AvahiPollAdapter.Trouble) {
        switch trouble {
        case .system(let error): fail(DiscoveryError(error))
        case .deadDescriptor: fail(DiscoveryError("a socket of avahi is broken"))
        case .clockSetBack: end(.clockSetBack)
        }
    }

    private func fail(_ error: DiscoveryError) { end(.failed(error)) }

    /// Reported once, as nothing else is afterwards.
    private func end(_ event: Event) {
        loop.later { [mailbox] in
            let report = mailbox.report.take()
            report?(event)
        }
    }
}
