import Foundation

/// Reads what a server uses, from /proc: proc(5). A server that starts processes is the whole of its
/// tree.
package struct ServerMeter {
    package struct Reading: Codable, Equatable, Sendable {
        /// CPU time used since the start, also by children that have ended, in seconds.
        package var cpuSeconds = 0.0
        /// Of the first process, and what others of the tree have for themselves.
        package var residentBytes = 0
        package var descriptors = 0
        package var processes = 0
        /// Times that a thread of the first process has gone to sleep by itself.
        package var sleeps = 0
    }

    package let pid: Int32

    /// - Throws: if there is no such process.
    package init(pid: Int32) throws {
        self.pid = pid
        guard Self.text(pid, "stat") != nil else { throw LoadError("there is no process \(pid)") }
    }

    /// nil once the process has ended.
    package func read() -> Reading? {
        guard Self.text(pid, "stat") != nil else { return nil }
        var reading = Reading()
        let pids = tree()
        for pid in pids { Self.add(pid, to: &reading, isFirst: pid == self.pid) }
        reading.sleeps = Self.number(pid, "status", "voluntary_ctxt_switches:") ?? 0
        return reading
    }

    private func tree() -> [Int32] {
        var found = [pid]
        var next = 0
        while next < found.count {
            let tasks = try? FileManager.default.contentsOfDirectory(
                atPath: "/proc/\(found[next])/task")
            for task in tasks ?? [] {
                let children = Self.text(found[next], "task/\(task)/children") ?? ""
                found += children.split(separator: " ").compactMap { Int32($0) }
            }
            next += 1
        }
        return found
    }

    private static func add(_ pid: Int32, to reading: inout Reading, isFirst: Bool) {
        guard let stat = text(pid, "stat"), let end = stat.lastIndex(of: ")") else { return }
        // The first one here is the third of proc(5): the name may contain anything.
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        let ticks = fields[11...14].compactMap { Double($0) }
        let ticksPerSecond = Double(sysconf(CInt(_SC_CLK_TCK)))
        let ownSeconds = scheduledSeconds(pid) ?? (ticks[0] + ticks[1]) / ticksPerSecond
        reading.cpuSeconds += ownSeconds + (ticks[2] + ticks[3]) / ticksPerSecond
        let resident = isFirst ? number(pid, "status", "VmRSS:") : privateKibibytes(pid)
        reading.residentBytes += (resident ?? 0) * 1024
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
        reading.descriptors += descriptors?.count ?? 0
        reading.processes += 1
    }

    /// What a child does not share with the process that it comes from, or with others; nil if this
    /// user may not see it.
    private static func privateKibibytes(_ pid: Int32) -> Int? {
        guard let clean = number(pid, "smaps_rollup", "Private_Clean:"),
            let dirty = number(pid, "smaps_rollup", "Private_Dirty:")
        else { return nil }
        return clean + dirty
    }

    /// To the nanosecond; nil where the kernel does not count so.
    private static func scheduledSeconds(_ pid: Int32) -> Double? {
        guard
            let tasks = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
        else { return nil }
        // The file of the process is that of its first thread alone.
        let times = tasks.compactMap { task in
            text(pid, "task/\(task)/schedstat")?.split(separator: " ").first.flatMap { Double($0) }
        }
        return times.isEmpty ? nil : times.reduce(0, +) / 1e9
    }

    private static func number(_ pid: Int32, _ file: String, _ key: String) -> Int? {
        text(pid, file)?.split(separator: "\n").first { $0.hasPrefix(key) }.flatMap {
            $0.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        }
    }

    private static func text(_ pid: Int32, _ file: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") else {
            return nil
        }
        return String(decoding: data, as: UTF8.self)
    }
}
