/// One command: what it is called, what it takes, and what it does.
public struct Command: Sendable {
    /// The words that call it: `["image", "inspect"]`.
    public let path: [String]
    /// Other words that call it: `["rmi"]`.
    public let aliases: [[String]]
    /// One sentence for the list of commands, without a full stop.
    public let summary: String
    /// The operands as the help shows them; it also says how many there may be: `IMAGE [COMMAND] [ARG...]`.
    public let operands: String
    /// Whether all that follows the first operand belongs to the operands, dashes or not (`run`, `create`, `exec`).
    public let stopsAtFirstOperand: Bool
    /// An option with which the operands that are needed without it may be left out.
    public let operandsSubstitute: String?
    /// The exit status of a failure that is ours and not the workload's: 125 for `run` and its like.
    public let failureStatus: Int32
    /// Whether the list of commands leaves it out.
    public let hidden: Bool
    /// What it does; the result is the exit status.
    public let run: @Sendable (Arguments) throws -> Int32

    private let makeOptions: @Sendable () -> [Option]

    /// Makes a command. `options` is only evaluated when this command is the one that was called: on a start of `hull`
    /// nothing is built that is not needed.
    public init(
        _ path: String..., aliases: [[String]] = [], summary: String, operands: String = "",
        stopsAtFirstOperand: Bool = false, operandsSubstitute: String? = nil, failureStatus: Int32 = 1,
        hidden: Bool = false,
        options: @autoclosure @escaping @Sendable () -> [Option] = [],
        run: @escaping @Sendable (Arguments) throws -> Int32
    ) {
        self.path = path
        self.aliases = aliases
        self.summary = summary
        self.operands = operands
        self.stopsAtFirstOperand = stopsAtFirstOperand
        self.operandsSubstitute = operandsSubstitute
        self.failureStatus = failureStatus
        self.hidden = hidden
        self.makeOptions = options
        self.run = run
    }

    /// The options that it takes, without `--help`, which every command has.
    public var options: [Option] { makeOptions() }

    /// The words that call it, as one text.
    public var name: String { path.joined(separator: " ") }

    /// How many operands there may be, read off their description: words in brackets may be left out, `...` repeats.
    var operandCount: (least: Int, most: Int?) {
        let words = operands.split(separator: " ")
        return (words.count { !$0.hasPrefix("[") }, operands.contains("...") ? nil : words.count)
    }
}
