internal import Reactor

/// Decides what holds of the database and the revocation log, of which one may be damaged, missing,
/// or an older copy. Makes no system call.
///
/// A save is written to the database first. So a log that is one save behind may be left by a crash;
/// a database that is behind the log never is. As long as both can be read, who is revoked in one of
/// them is revoked.
struct StateAgreement {
    enum Database {
        case missing
        /// - mark: nil for a file of a version that did not write one.
        case whole(SavedState, SaveMark?)
        /// The readable rest, with the damage in it.
        case damaged(SavedState)
    }

    enum Log {
        case missing
        case read(RevocationLog)
        /// It is there, but not even its first save can be read.
        case unreadable(String)
    }

    /// nil if nothing was ever saved.
    private(set) var state: SavedState?
    /// The latest save that is known of.
    private(set) var mark: SaveMark?
    /// Whether both files can be continued as they are.
    private(set) var isAgreed = true

    private let database: String
    private let logName: String

    /// - Parameter database: path of the file, for messages.
    init(_ found: Database, _ log: Log, database: String, log logName: String) {
        self.database = database
        self.logName = logName
        switch (found, log) {
        case (.missing, .missing): return
        case (.missing, .read(let log)): restoreMissing(log)
        case (.missing, .unreadable(let reason)):
            lose("it is missing, and \(logName) cannot be read: \(reason)")
        case (.damaged(let saved), let log): repair(saved, log)
        case (.whole(let saved, let mark), .missing): go(on: saved, mark)
        case (.whole(let saved, let mark), .unreadable(let reason)):
            go(on: saved, mark, withoutLog: reason)
        case (.whole(let saved, let mark), .read(let log)): compare(saved, mark, log)
        }
        if !isAgreed { state?.isToBeSaved = true }
    }

    /// The log tells who is revoked, but not what else an operator has taken back, such as an approval
    /// that is given by default.
    private mutating func restoreMissing(_ log: RevocationLog) {
        let end = log.isTorn ? ", whose end cannot be read" : " (\(log.mark.text))"
        lose("it is missing, but there is \(logName)\(end)", log)
    }

    private mutating func lose(_ damage: String, _ log: RevocationLog? = nil) {
        var saved = SavedState()
        saved.damage = "\(database): \(damage)"
        repair(saved, log.map { .read($0) } ?? .missing)
    }

    /// The database is damaged: who is revoked by the log is so, too.
    private mutating func repair(_ saved: SavedState, _ log: Log) {
        isAgreed = false
        state = saved
        guard case .read(let log) = log else { return }
        mark = log.mark
        if !log.hasOrigin { mark?.origin = .random(in: .min ... .max) }
        noteLost(log)
        revoke(log)
        if let names = state.map({ Self.names(of: $0.revocations) }), !names.isEmpty {
            say(.critical, "revoked, by what can be read and by \(logName)", names)
        }
    }

    /// The log names some of those who are missing, unless the last that it tells of them is that they
    /// were removed.
    private mutating func noteLost(_ log: RevocationLog) {
        let removed = log.revocations.values.filter { $0.reason == .removed }.map { $0.name }
        let names = Set(log.someTouched(since: 0)).subtracting(removed)
        guard let clients = state?.clients else { return }
        state?.lost.formUnion(names.filter { clients[$0] == nil })
    }

    private mutating func go(on saved: SavedState, _ mark: SaveMark?) {
        isAgreed = false
        state = saved
        self.mark = mark
        guard let mark else { return }  // a version that had no log
        say(.warning, "\(logName): it is missing, so \(database) counts (\(mark.text))")
        say(.warning, "revoked by that", of: saved)
    }

    private mutating func go(on saved: SavedState, _ mark: SaveMark?, withoutLog reason: String) {
        isAgreed = false
        state = saved
        self.mark = mark
        let level: LogLevel = mark == nil ? .critical : .warning
        say(level, "\(logName): damaged: \(reason); \(database) counts")
        say(level, "revoked by that", of: saved)
    }
}

// Both are there.
extension StateAgreement {
    private mutating func compare(_ saved: SavedState, _ mark: SaveMark?, _ log: RevocationLog) {
        state = saved
        self.mark = mark
        isAgreed = false
        guard let mark else { return noteStale(nil, log) }
        guard !log.hasOrigin || mark.origin == log.mark.origin else {
            return noteForeign(mark, log)
        }
        if mark.number < log.mark.number { return noteStale(mark, log) }
        if log.isTorn { return noteTorn(mark, log) }
        if mark.number > log.mark.number { return noteLate(mark, log) }
        let isSame =
            mark == log.mark
            && Set(saved.revocations.map { $0.identity }) == Set(log.revocations.keys)
        if isSame { isAgreed = true } else { noteForeign(mark, log) }
    }

    private mutating func noteTorn(_ mark: SaveMark, _ log: RevocationLog) {
        say(
            .warning,
            "\(logName): damaged: unreadable from byte \(log.length) on; \(database) counts "
                + "(\(mark.text))")
        if let state { say(.warning, "revoked by that", of: state) }
        state?.isDoubtful = true
        let known = Set(state.map { Self.names(of: $0.revocations) } ?? [])
        say(
            .critical, "revoked as well, by lines in the damaged part of \(logName)",
            state?.revoke(log.doubtful) ?? [])
        let ended = Set(log.revocations.values.map { $0.name }).subtracting(known)
        say(.warning, "revoked once, by what can be read of \(logName)", ended.sorted())
    }

    /// By a crash between the two files it is one save behind, and nobody was told of that save.
    private mutating func noteLate(_ mark: SaveMark, _ log: RevocationLog) {
        let isByCrash = mark.number == log.mark.number &+ 1
        say(
            isByCrash ? .warning : .critical,
            "\(logName): of an earlier save (\(log.mark.text)) than \(database) (\(mark.text)): a crash "
                + "leaves it one save behind, an older copy more; who is revoked in one of both "
                + "files stays that")
        if !isByCrash { state?.isDoubtful = true }
        if let state { say(.warning, "revoked in \(database)", of: state) }
        say(.critical, "revoked in \(logName) only", state?.revoke(log.revocations) ?? [])
    }

    /// The database is older than the log: somebody has put a copy back.
    private mutating func noteStale(_ mark: SaveMark?, _ log: RevocationLog) {
        self.mark = log.mark
        if let mark { self.mark?.origin = mark.origin }
        let known = mark.map { $0.text } ?? "by an earlier version of this program"
        say(
            .critical,
            "\(database): older (\(known)) than \(logName) (\(log.mark.text)): whatever else was "
                + "changed in between is lost, but who is revoked in one of both files stays that")
        if let names = log.touched(since: mark?.number ?? 0) {
            say(.critical, "changed in between", names)
        } else {
            say(
                .critical, "changed in between, among others, of which the file does not tell",
                log.someTouched(since: log.firstNumber))
        }
        revoke(log)
        if let state { say(.critical, "revoked", of: state) }
    }

    private mutating func noteForeign(_ mark: SaveMark, _ log: RevocationLog) {
        self.mark = mark.number > log.mark.number ? mark : log.mark
        self.mark?.origin = mark.origin
        say(
            .critical,
            "\(database) (\(mark.text)) and \(logName) (\(log.mark.text)) do not belong together, "
                + "as of two servers, or of a backup and its original: who is revoked in one of both stays that"
        )
        revoke(log)
        if let state { say(.critical, "revoked", of: state) }
    }

    private mutating func revoke(_ log: RevocationLog) {
        state?.isDoubtful = true
        _ = state?.revoke(log.revocations)
        _ = state?.revoke(log.doubtful)
    }

    private mutating func say(_ level: LogLevel, _ text: String) {
        state?.findings.append(Restoration.Line(level: level, text: text))
    }

    private mutating func say(_ level: LogLevel, _ text: String, of saved: SavedState) {
        say(level, text, Self.names(of: saved.revocations))
    }

    private mutating func say(_ level: LogLevel, _ text: String, _ names: [ClientName]) {
        state?.findings += Restoration.lines(level, text, names)
    }

    private static func names(of revocations: [Revocation]) -> [ClientName] {
        Set(revocations.map { $0.name }).sorted()
    }
}

extension SavedState {
    /// As well as who is revoked already.
    ///
    /// - Returns: who was not.
    fileprivate mutating func revoke(
        _ others: [Revocation.Identity: Revocation]
    ) -> [ClientName] {
        Set(revocations.unite(others.values).map { $0.name }).sorted()
    }
}
