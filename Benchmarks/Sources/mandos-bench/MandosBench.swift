import ArgumentParser

@main
struct MandosBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mandos-bench",
        abstract: "Simulate machines that boot, to see what a Mandos server can take.",
        discussion: "See mandos-bench(1).",
        subcommands: [
            KeysCommand.self, LoadCommand.self, KindsCommand.self, SoakCommand.self,
            PlotCommand.self,
        ])
}
