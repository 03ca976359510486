/// What a command line asks the program to do.
package enum Invocation: Equatable {
    case run(Options)
    /// Import state from this file, or only tell what that would change.
    case importState(String, isDryRun: Bool, Options)
    /// Print the directory in which a server that is started with these saves its state.
    case printStateDirectory(Options)
    /// Tell what is wrong with the saved state.
    case checkState(Options)
    /// List what is in force of revocations.
    case listRevocations(Options)
    /// Print this text on standard output, and exit with status 0.
    case help(String)
    case version(String)
    /// Run the self-tests: all of them, or those whose names start with `prefix`.
    case check(prefix: String?)

    /// Reads a command line by the rules of mandos(8), OPTIONS.
    ///
    /// - Parameter arguments: as main gets them, the program first.
    package init(arguments: [String]) throws(UsageError) {
        if let check = Self.selfTest(arguments) {
            self = check
        } else {
            self = try Self.parsed(arguments)
        }
    }

    /// The name by which the program was called, without its directory.
    package static func programName(_ arguments: [String]) -> String {
        guard let path = arguments.first else { return "mandos" }
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last
        return name.map { String(Substring($0)) } ?? "mandos"
    }

    /// `--check` counts wherever it stands, also where it would be the value of another option: who
    /// asks for self-tests never starts a server.
    private static func selfTest(_ arguments: [String]) -> Self? {
        let options = arguments.dropFirst().prefix { $0 != "--" }
        guard options.contains(where: isCheck) else { return nil }
        let prefix = "--prefix"
        if let index = options.lastIndex(of: prefix), index + 1 < options.endIndex {
            return .check(prefix: options[index + 1])
        }
        let joined = options.last { $0.utf8.starts(with: "--prefix=".utf8) }
        return .check(
            prefix: joined.map { String(Substring($0.utf8.dropFirst(prefix.utf8.count + 1))) })
    }

    /// Shorter prefixes could also mean `--configdir`.
    private static func isCheck(_ argument: String) -> Bool {
        argument.utf8.count >= 4 && "--check".utf8.starts(with: argument.utf8)
    }

    private static func checked(_ options: Options) throws(UsageError) -> Self {
        let isDryRun = options.dryRun == true
        if let file = options.importedState {
            return .importState(file, isDryRun: isDryRun, options)
        }
        if options.printsStateDirectory == true { return .printStateDirectory(options) }
        if isDryRun { throw UsageError("--dry-run: needs --import-state") }
        if options.checksState == true { return .checkState(options) }
        if options.listRevocations == true { return .listRevocations(options) }
        return .run(options)
    }

    /// Arguments that are no option at all are named last and together, so that `oops --help` helps.
    private static func parsed(_ arguments: [String]) throws(UsageError) -> Self {
        let scanner = OptionScanner(arguments)
        var options = Options()
        var strays: [String] = []
        while true {
            switch try scanner.next() {
            case .option(let entry, let value):
                switch entry.name {
                case .help: return .help(Usage(program: programName(arguments)).help)
                case .version: return .version("\(programName(arguments)) \(Version.current)\n")
                case .check: return .check(prefix: nil)
                default: try options.take(entry, value: value ?? "")
                }
            case .unknown(let argument):
                strays.append(argument)
            case .end(let rest):
                strays += rest
                guard strays.isEmpty else {
                    throw UsageError("unknown arguments: " + strays.joined(separator: " "))
                }
                return try checked(options)
            }
        }
    }
}
