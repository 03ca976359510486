// swift-tools-version: 6.2
import PackageDescription

// MANDOS_EMBEDDED=1 compiles the very same sources in the Embedded mode of Swift. Tests always run
// in the normal mode, and the end-to-end tests against binaries of both (see Makefile).
let isEmbedded = Context.environment["MANDOS_EMBEDDED"] == "1"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let sources: [SwiftSetting] =
    strict
    + (isEmbedded
        ? [
            .enableExperimentalFeature("Embedded"),
            .unsafeFlags(["-wmo", "-Osize", "-Xfrontend", "-function-sections"]),
        ]
        : [])

var targets: [Target] = [
    .target(
        name: "CShims",
        cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-fstack-protector-strong"])],
        linkerSettings: [
            .linkedLibrary("gnutls"), .linkedLibrary("systemd"), .linkedLibrary("avahi-core"),
            .linkedLibrary("avahi-common"), .linkedLibrary("sqlite3"),
        ]),
    .target(name: "Reactor", dependencies: ["CShims"], swiftSettings: sources),
    .target(name: "Mandos", dependencies: ["Reactor", "CShims"], swiftSettings: sources),
    .executableTarget(
        name: "MandosServer", dependencies: ["Mandos", "Reactor"], swiftSettings: sources),
]

if !isEmbedded {
    let tests: [SwiftSetting] = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .treatAllWarnings(as: .error),
    ]
    targets += [
        .target(
            name: "ReactorSimulation", dependencies: ["Reactor", "CShims"],
            path: "Tests/ReactorSimulation", swiftSettings: tests),
        .testTarget(
            name: "ReactorTests", dependencies: ["Reactor", "ReactorSimulation", "CShims"],
            swiftSettings: tests),
        .testTarget(
            name: "MandosTests",
            dependencies: ["Mandos", "Reactor", "ReactorSimulation", "CShims"],
            swiftSettings: tests),
        // No target of tests depends on these: what stands in for libc would get into it.
        .target(
            name: "StateFaults", path: "Tests/StateFaults",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "mandos-state-crasher",
            dependencies: ["Mandos", "Reactor", "CShims", "StateFaults"],
            path: "Tests/StateCrasher", swiftSettings: tests),
        .target(
            name: "CostCounters", path: "Tests/CostCounters",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "mandos-micro", dependencies: ["Mandos", "Reactor", "CShims", "CostCounters"],
            path: "Tests/Micro", swiftSettings: tests),
        .executableTarget(
            name: "mandos-test-peer", path: "Tests/Peer", exclude: ["rsa-8192.pem"],
            cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [
                .linkedLibrary("gnutls"), .linkedLibrary("hogweed"), .linkedLibrary("nettle"),
                .linkedLibrary("gmp"),
            ]),
        .testTarget(
            name: "SystemTests",
            dependencies: ["mandos-test-peer", "CShims", "ReactorSimulation"], swiftSettings: tests),
    ]
}

let package = Package(
    name: "mandos",
    products: [.executable(name: "mandos", targets: ["MandosServer"])],
    targets: targets,
    cLanguageStandard: .gnu17)
