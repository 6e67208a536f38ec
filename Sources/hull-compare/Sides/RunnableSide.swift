import Comparison

/// Something that can run the workload: Hull with one wall or another, or another program.
protocol RunnableSide: AnyObject {
    /// Its name in the result.
    var name: String { get }
    /// The program and its version.
    var program: String { get }
    /// Whether it marks the moments of its runs.
    var marksMoments: Bool { get }
    /// Makes ready for a workload.
    func prepare(_ workload: PlannedWorkload) throws
    /// The command of one run: an absolute path and its arguments.
    ///
    /// - Parameter run: a name of its own for the run, by which it can be ended.
    func command(run: String) -> [String]
    /// Ends a run that was interrupted, and removes what it left.
    func end(run: String)
    /// Whether all processes that a run needs come from its command, so that what they used can be told.
    var ownsItsProcesses: Bool { get }
    /// Removes what the side keeps between runs.
    func cleanUp()
}

extension RunnableSide {
    var ownsItsProcesses: Bool { true }
    func cleanUp() {}

    /// The side as the result has it.
    var description: Side {
        Side(name: name, program: program, command: command(run: "NAME"))
    }
}

/// A workload that is about to be run.
struct PlannedWorkload {
    /// Its name in the result.
    var name: String
    /// A sentence that says what it shows.
    var shows: String?
    /// The image.
    var image: String
    /// The command; empty for the image's own.
    var command: [String]
    /// What is compared first.
    var measure = Metric.wall
    /// What one operation is, where it reports its time.
    var operation: String?
    /// Options of `run` for all sides.
    var options: [String] = []
    /// What it gets on standard input: a file's path.
    var input: String?
}
