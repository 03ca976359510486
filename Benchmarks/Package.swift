// swift-tools-version: 6.2
import PackageDescription

// The programs that the scripts here need. They are C, so that what is compared with the server
// shares nothing with it but the libraries; `library-floor.c` is not among them, because SwiftPM
// links the Swift library into every program, and that one has to be without.

let strict: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

func program(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["Support"], cSettings: strict)
}

let package = Package(
    name: "benchmarks",
    targets: [
        .target(
            name: "Support", cSettings: strict, linkerSettings: [.linkedLibrary("gnutls")]),
        program("tls-floor"),
        program("mandos-load"),
        program("idle-crowd"),
        program("start-time"),
        program("make-machines"),
    ],
    cLanguageStandard: .gnu17)
