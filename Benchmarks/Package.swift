// swift-tools-version: 6.2
import PackageDescription

// `mandos-bench`, and the small C programs that the scripts here compare with. Those share nothing
// with the server but the libraries. `floor-server.c` is not among them, because SwiftPM links the
// Swift library into every program, and that one has to be without.

let strictC: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func program(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["Support"], cSettings: strictC)
}

let package = Package(
    name: "benchmarks",
    products: [.executable(name: "mandos-bench", targets: ["mandos-bench"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ],
    targets: [
        .target(
            name: "Support", cSettings: strictC, linkerSettings: [.linkedLibrary("gnutls")]),
        .target(name: "Peers", dependencies: ["Support"], cSettings: strictC),
        .target(
            name: "HostilePeers", dependencies: ["Support"], exclude: ["main.c", "relay.c"],
            cSettings: strictC,
            linkerSettings: [
                .linkedLibrary("hogweed"), .linkedLibrary("nettle"), .linkedLibrary("gmp"),
            ]),
        .target(
            name: "LoadGenerator",
            dependencies: [
                "HostilePeers", "Peers", "Support",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "mandos-bench",
            dependencies: [
                "LoadGenerator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LoadGeneratorTests", dependencies: ["LoadGenerator"],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
        program("tls-floor"),
        program("start-time"),
        program("spawn-floor"),
    ],
    cLanguageStandard: .gnu17)
