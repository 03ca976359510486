/// A checker that runs, or waits for its turn. Letting go of it ends it.
@usableFromInline  // or Embedded Swift does not see the deinit
struct Checker: ~Copyable {
    private let run: any CheckRun
    /// How long it may take to end once it was let go of; nil for the usual time.
    var gracePeriod: Duration?

    init(_ run: any CheckRun) { self.run = run }

    deinit { run.end(within: gracePeriod) }
}

/// What is behind a checker: a program, or something of our own.
protocol CheckRun: AnyObject {
    /// Ends it, if it has not ended. Nothing is told of it from now on.
    ///
    /// - Parameter span: how long a program may take to end by itself; nil for the usual time.
    func end(within span: Duration?)
}
