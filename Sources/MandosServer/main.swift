internal import Mandos

let arguments = ProcessArguments.current
let program = Invocation.programName(arguments)

do throws(UsageError) {
    switch try Invocation(arguments: arguments) {
    case .help(let text), .version(let text): StandardStream.print(text)
    case .check, .run:
        StandardStream.printError("\(program): error: this build has no server in it\n")
        Exit.now(1)
    }
} catch {
    StandardStream.printError(error.text(program: program))
    Exit.now(UsageError.exitStatus)
}
