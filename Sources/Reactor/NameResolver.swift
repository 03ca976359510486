internal import CShims.Linux

/// Finds the addresses of hosts without waiting: from `source`, and what that does not answer by
/// getaddrinfo_a(3), whose threads belong to glibc and exist only while there is something to find.
/// All handlers are called on the loop.
@safe package final class NameResolver {
    @safe private final class Question {
        let pointer: OpaquePointer
        /// nil once nobody wants to know.
        var answered: ((SocketAddress?) -> Void)?

        init(_ pointer: OpaquePointer, _ answered: @escaping (SocketAddress?) -> Void) {
            unsafe self.pointer = unsafe pointer
            self.answered = answered
        }
    }

    /// What the source has been asked.
    private struct Inquiry {
        let host: String
        let answered: (SocketAddress?) -> Void
    }

    /// Asked before anybody else.
    package var source: (any NameSource)?

    private let loop: EventLoop
    /// Owned here and not by a `Descriptor`: threads that are still busy when this ends write to it,
    /// so that then it has to stay open.
    private let counter: CInt
    private var watch: Watch?
    private var questions: [UInt64: Question] = [:]
    private var inquiries: [UInt64: Inquiry] = [:]
    private var lastID: UInt64 = 0

    package init(on loop: EventLoop) throws(SystemError) {
        self.loop = loop
        counter = try attempt("eventfd") { eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)) }
        watch = try loop.watch(
            loop.kernel.inherit(counter), for: .input
        ) { [unowned(unsafe) self] _ in
            unsafe self.collect()
        }
    }

    deinit {
        forgetInquiries()
        var isBusy = false
        for question in questions.values where unsafe cshim_forget(question.pointer) == 0 {
            isBusy = true
        }
        if !isBusy { close(counter) }
    }

    /// Calls `answered` once, later: with the first address, or nil if there is none.
    ///
    /// - Returns: letting go of it means that nobody wants to know any more.
    package func resolve(
        _ host: String, answered: @escaping (SocketAddress?) -> Void
    ) -> NameLookup {
        lastID += 1
        let id = lastID
        let isAsked = source?.ask(host, as: id) { [unowned(unsafe) self] in
            unsafe self.take($0, id)
        }
        if isAsked == true {
            inquiries[id] = Inquiry(host: host, answered: answered)
        } else {
            ask(host, id, answered)
        }
        return NameLookup(resolver: self, id: id)
    }

    private func ask(_ host: String, _ id: UInt64, _ answered: @escaping (SocketAddress?) -> Void) {
        if let pointer = unsafe cshim_ask(host, counter) {
            questions[id] = unsafe Question(pointer, answered)
        } else {
            loop.later { answered(nil) }
        }
    }

    private func take(_ answer: NameAnswer, _ id: UInt64) {
        guard let inquiry = inquiries.removeValue(forKey: id) else { return }
        switch answer {
        case .address(let address): inquiry.answered(address)
        case .noHost: inquiry.answered(nil)
        case .unanswered: ask(inquiry.host, id, inquiry.answered)
        }
    }

    /// Answers nobody any more.
    package func stop() {
        watch = nil
        forgetInquiries()
        source = nil
    }

    private func forgetInquiries() {
        for id in inquiries.keys { source?.forget(id) }
        inquiries = [:]
    }

    fileprivate func forget(_ id: UInt64) {
        if inquiries.removeValue(forKey: id) != nil { source?.forget(id) }
        guard let question = questions[id] else { return }
        question.answered = nil
        if unsafe cshim_forget(question.pointer) != 0 { questions[id] = nil }
    }

    private func collect() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(counter, &count)
        for (id, question) in questions {
            var storage = sockaddr_storage()
            let code = unsafe cshim_answer(question.pointer, &storage)
            if code == cshim_in_progress { continue }
            let answered = question.answered
            _ = unsafe cshim_forget(question.pointer)
            questions[id] = nil
            answered?(code == 0 ? SocketAddress(storage) : nil)
        }
    }
}

/// A question to the resolver. Letting go of it ends it.
@usableFromInline  // see Descriptor
package struct NameLookup: ~Copyable {
    private let resolver: NameResolver
    private let id: UInt64

    fileprivate init(resolver: NameResolver, id: UInt64) {
        self.resolver = resolver
        self.id = id
    }

    deinit { resolver.forget(id) }
}
