internal import Mandos

MemoryPolicy.fixThresholds()
let arguments = ProcessArguments.current
let program = Invocation.programName(arguments)

do throws(UsageError) {
    switch try Invocation(arguments: arguments) {
    case .help(let text), .version(let text): StandardStream.print(text)
    case .check(let prefix): Exit.now(SelfTest.run(prefix: prefix))
    case .importState(let file, let isDryRun, let options):
        Exit.now(StateImport.run(file, isDryRun: isDryRun, options, program: program))
    case .printStateDirectory(let options):
        Exit.now(Server.printStateDirectory(options, program: program))
    case .checkState(let options): Exit.now(StateCheck.run(options, program: program))
    case .listRevocations(let options):
        Exit.now(RevocationList.run(options, program: program))
    case .run(let options): Exit.now(Server.run(options, program: program))
    }
} catch {
    StandardStream.printError(error.text(program: program))
    Exit.now(UsageError.exitStatus)
}
