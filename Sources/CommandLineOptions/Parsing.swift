/// Splits words into options and operands with the habits of Docker's command line: `-it`, `-eA=b`, `-e A=b`,
/// `--name=x`, `--name x`, `--rm=false`, `--`, and a lone `-` as an operand. Long names are not abbreviated.
struct OptionParser {
    private let options: [Option]
    private let stopsAtFirstOperand: Bool
    private var words: ArraySlice<String>
    private(set) var values = OptionValues()
    private(set) var operands: [String] = []
    /// Whether `--help` (or a `-h` that means nothing else) was among the options.
    private(set) var asksForHelp = false

    init(_ words: ArraySlice<String>, options: [Option], stopsAtFirstOperand: Bool) {
        self.words = words
        self.options = options
        self.stopsAtFirstOperand = stopsAtFirstOperand
    }

    mutating func parse() throws(UsageError) {
        while let word = words.popFirst() {
            if word == "--" {
                operands.append(contentsOf: words)
                return
            }
            if word.hasPrefix("--") {
                try long(word)
            } else if word.hasPrefix("-"), word != "-" {
                try shorts(word)
            } else {
                operands.append(word)
                if stopsAtFirstOperand {
                    operands.append(contentsOf: words)
                    return
                }
            }
            if asksForHelp { return }
        }
    }

    private mutating func long(_ word: String) throws(UsageError) {
        var name = word
        var given: String?
        if let equals = word.firstIndex(of: "=") {
            name = String(word[..<equals])
            given = String(word[word.index(after: equals)...])
        }
        guard let option = options.first(where: { $0.names.contains(name) }) else {
            if name == "--help" {
                asksForHelp = true
                return
            }
            throw UsageError("unknown flag: \(name)")
        }
        try take(option, as: name, given)
    }

    private mutating func shorts(_ word: String) throws(UsageError) {
        var rest = word.dropFirst()
        while let letter = rest.popFirst() {
            let name = "-\(letter)"
            guard let option = options.first(where: { $0.names.contains(name) }) else {
                if name == "-h" {
                    asksForHelp = true
                    return
                }
                throw UsageError("unknown shorthand flag: '\(letter)' in \(word)")
            }
            if rest.first == "=" {
                return try take(option, as: name, String(rest.dropFirst()))
            }
            if option.value != nil {
                return try take(option, as: name, rest.isEmpty ? nil : String(rest))
            }
            try take(option, as: name, nil)
        }
    }

    private mutating func take(_ option: Option, as name: String, _ given: String?) throws(UsageError) {
        let value: String
        if option.value == nil {
            guard let flag = Self.flag(given ?? "true") else {
                throw UsageError("invalid value '\(given ?? "")' for \(name): it is a switch: true or false")
            }
            value = flag ? "true" : "false"
        } else if let given {
            value = given
        } else if let next = words.popFirst() {
            value = next
        } else {
            throw UsageError("flag needs an argument: \(name)")
        }
        values.occurrences.append(OptionValues.Occurrence(name: option.name, value: value))
    }

    /// The spellings of truth that Docker takes (Go's `strconv.ParseBool`).
    static func flag(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
