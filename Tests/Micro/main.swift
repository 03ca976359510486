// mandos-micro: what small pieces of work cost. For the tests of costs, and Benchmarks/micro.
//
// mandos-micro run ROUNDS [PREFIX]...   those workloads whose names begin so; one line for each
// mandos-micro clients COUNT            a clients.conf of so many sections
//
// The workloads of D-Bus are only done where DBUS_SYSTEM_BUS_ADDRESS names a bus, of whoever tests.
import CShims.Linux
import Mandos

let arguments = ProcessArguments.current
let number = arguments.count > 2 ? Int(arguments[2]) : nil
switch (arguments.dropFirst().first, number) {
case ("run", let rounds?) where rounds > 0: try run(rounds, Array(arguments.dropFirst(3)))
case ("clients", let count?): print(String(decoding: ClientsText.of(count), as: UTF8.self))
case ("call", _?): BusCaller(arguments).run()
default: fatalError("usage: mandos-micro run ROUNDS [PREFIX]... | clients COUNT")
}

func run(_ rounds: Int, _ prefixes: [String]) throws {
    let hasBus = getenv("DBUS_SYSTEM_BUS_ADDRESS") != nil
    print(Measurement.columns)
    for workload in ReactorWorkloads.all + ClientWorkloads.all + AdmissionWorkloads.all
        + (hasBus ? BusWorkloads.all : [])
    where prefixes.isEmpty || prefixes.contains(where: workload.name.hasPrefix) {
        print(try Measurement(of: workload, rounds: rounds).line(for: workload))
    }
}
