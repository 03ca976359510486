// mandos-micro: what small pieces of work cost. For the tests of costs, and Benchmarks/micro.
//
// mandos-micro run ROUNDS [PREFIX]...   those workloads whose names begin so; one line for each
// mandos-micro clients COUNT            a clients.conf of so many sections
//
// The workloads of D-Bus are only done where DBUS_SYSTEM_BUS_ADDRESS names a bus, of whoever tests.
import CShims.Linux
import Mandos

let arguments = ProcessArguments.current
guard arguments.count > 2, let number = Int(arguments[2]), number > 0 else {
    fatalError("usage: mandos-micro run ROUNDS [PREFIX]... | clients COUNT")
}
switch arguments[1] {
case "clients": print(String(decoding: ClientsText.of(number), as: UTF8.self))
case "call": BusCaller(arguments).run()
default:
    let prefixes = arguments.dropFirst(3)
    print(Measurement.columns)
    let hasBus = getenv("DBUS_SYSTEM_BUS_ADDRESS") != nil
    for workload in ReactorWorkloads.all + ClientWorkloads.all + (hasBus ? BusWorkloads.all : [])
    where prefixes.isEmpty || prefixes.contains(where: workload.name.hasPrefix) {
        print(try Measurement(of: workload, rounds: number).line(for: workload))
    }
}
