import CShims.Linux
import ReactorSimulation
import Testing

@testable import Reactor

private final class Held {
    var helper: HelperProcess?
    var received: [UInt8] = []
    var status: Reactor.ExitStatus?

    /// Reads one byte from the helper.
    func receive() {
        var byte: [UInt8] = [0]
        let transfer = byte.withUnsafeMutableBytes { helper?.socket?.read(into: $0) }
        if transfer == .bytes(1) { received += byte } else { helper?.socket = nil }
    }
}

/// Each in a process of its own, which has one thread that matters: fork(2) copies no other.
@Suite("Helper processes") struct HelperProcessTests {
    @Test("speak through a socket, have nothing else open, and lead a session")
    func conversation() async {
        await #expect(processExitsWith: .success) {
            let kernel = try SimulatedKernel()
            kernel.patience = .seconds(20)
            let loop = EventLoop(kernel: kernel)
            let held = Held()
            held.helper = try HelperProcess(on: loop) { socket in
                var answer = UInt8(openDescriptorCount())
                if getsid(0) != getpid() { answer = 99 }
                _ = write(socket.raw, &answer, 1)
                _ = read(socket.raw, &answer, 1)
                return CInt(answer)
            } input: {
                held.receive()
            } ended: {
                held.status = $0
            }
            for _ in 0..<10 where held.received.isEmpty { try loop.turn() }
            try #require(held.received == [1])
            _ = [7].withUnsafeBytes { held.helper?.socket?.write(from: $0) }
            for _ in 0..<10 where held.status == nil { try loop.turn() }
            try #require(held.status == .exited(7))
            try #require(loop.registrationCount == 0)
        }
    }

    @Test("end when they are stopped, and are reaped without a word")
    func stop() async {
        await #expect(processExitsWith: .success) {
            let kernel = try SimulatedKernel()
            kernel.patience = .seconds(20)
            let loop = EventLoop(kernel: kernel)
            let held = Held()
            held.helper = try HelperProcess(on: loop) { socket in
                var byte: UInt8 = 0
                return read(socket.raw, &byte, 1) == 0 ? 0 : 1
            } input: {
            } ended: {
                held.status = $0
            }
            held.helper?.stop()
            held.helper = nil
            for _ in 0..<10 where loop.registrationCount > 0 { try loop.turn() }
            try #require(held.status == nil && loop.registrationCount == 0)
            try #require(waitpid(-1, nil, WNOHANG) == -1 && cshim_errno() == ECHILD)
        }
    }

    @Test("are not ended by what a terminal or a service manager sends to all")
    func signals() async {
        await #expect(processExitsWith: .success) {
            let kernel = try SimulatedKernel()
            kernel.patience = .seconds(20)
            let loop = EventLoop(kernel: kernel)
            let held = Held()
            held.helper = try HelperProcess(on: loop) { socket in
                for signal in [SIGTERM, SIGINT, SIGHUP] { kill(getpid(), signal) }
                var byte: UInt8 = 1
                _ = write(socket.raw, &byte, 1)
                return 0
            } input: {
                held.receive()
            } ended: {
                held.status = $0
            }
            for _ in 0..<10 where held.status == nil { try loop.turn() }
            try #require(held.status == .exited(0))
        }
    }

    @Test("for which a call fails leave nothing behind")
    func faults() async {
        await #expect(processExitsWith: .success) {
            for failingCall in 1...3 {
                let leaks = try leavesDescriptorsOpen {
                    let kernel = try SimulatedKernel(failingCall: failingCall)
                    let loop = EventLoop(kernel: kernel)
                    #expect(throws: SystemError.self) {
                        _ = try HelperProcess(on: loop) { _ in
                            0
                        } input: {
                        } ended: { _ in
                        }
                    }
                    try #require(kernel.faultWasReached && loop.registrationCount == 0)
                }
                try #require(!leaks)
                try #require(waitpid(-1, nil, WNOHANG) == -1 && cshim_errno() == ECHILD)
            }
        }
    }

    @Test("may be let go inside their own handlers")
    func letGoInside() async {
        await #expect(processExitsWith: .success) {
            let kernel = try SimulatedKernel()
            kernel.patience = .seconds(20)
            let loop = EventLoop(kernel: kernel)
            let held = Held()
            held.helper = try HelperProcess(on: loop) { socket in
                var byte: UInt8 = 1
                _ = write(socket.raw, &byte, 1)
                _ = read(socket.raw, &byte, 1)
                return 0
            } input: {
                held.received.append(1)
                held.helper?.stop()
                held.helper = nil
            } ended: {
                held.status = $0
            }
            for _ in 0..<10 where loop.registrationCount > 0 { try loop.turn() }
            try #require(held.received == [1] && held.status == nil)
            try #require(loop.registrationCount == 0)
        }
    }
}
