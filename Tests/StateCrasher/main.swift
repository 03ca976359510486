// mandos-state-crasher: a part of a server, with nothing but clients and their state, that does random
// things until it is killed. For the crash tests.
//
// Arguments: DIRECTORY CLIENTS-FILE SEED COUNT KILL-AT FAIL-AT FAIL-COUNT FAIL-CODE TRACE
//
// It prints how each client begins, what it is about to do, and what has been confirmed.
import CShims
import Mandos
import Reactor
import StateFaults

let arguments = ProcessArguments.current
let directory = arguments[1]

func number(_ index: Int) -> Int { Int(arguments[index])! }

let trace =
    arguments[9].isEmpty ? -1 : cshim_open(arguments[9], O_WRONLY | O_CREAT | O_APPEND, 0o600)
var faults = state_faults(
    directory: strdup(directory), trace: trace, kill_at: number(5), fail_at: number(6),
    fail_count: number(7), fail_code: CInt(number(8)))
state_faults_begin(&faults)
try Crasher(directory: directory, clientsFile: arguments[2], seed: UInt64(arguments[3])!)
    .run(count: number(4))
