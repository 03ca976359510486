import CShims.Linux
import Mandos
import Reactor

/// Answers over D-Bus, to another process, on the bus that DBUS_SYSTEM_BUS_ADDRESS names.
enum BusWorkloads {
    static var all: [Workload] { [getAll, managedObjects] }

    private static let clientCount = 1000

    private static var getAll: Workload {
        let count = 2000
        return Workload("bus-get-all", count) {
            let service = try ServedOnBus(clientCount)
            return {
                try service.serve(
                    BusCaller(
                        path: service.anyPath, interface: "org.freedesktop.DBus.Properties",
                        member: "GetAll", argument: "se.recompile.Mandos.Client", count: count))
            }
        }
    }

    /// The operation is one client of the answer.
    private static var managedObjects: Workload {
        let count = 10
        return Workload("bus-managed-objects", count * clientCount) {
            let service = try ServedOnBus(clientCount)
            return {
                try service.serve(
                    BusCaller(
                        path: "/", interface: "org.freedesktop.DBus.ObjectManager",
                        member: "GetManagedObjects", argument: nil, count: count))
            }
        }
    }
}
