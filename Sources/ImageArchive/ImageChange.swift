import JSON
import OCISpec

/// Why an instruction of `--change` is not understood.
public struct ImageChangeError: Error, CustomStringConvertible, Equatable {
    /// The text for people.
    public let description: String
}

extension ImageConfiguration.Execution {
    /// Carries out an instruction as a Dockerfile has it: CMD, ENTRYPOINT, ENV, WORKDIR, USER, LABEL, EXPOSE, VOLUME,
    /// STOPSIGNAL.
    public mutating func apply(_ instruction: String) throws(ImageChangeError) {
        let words = instruction.split(separator: " ", maxSplits: 1).map(String.init)
        let text = words.count == 2 ? String(words[1].drop { $0 == " " }) : ""
        func invalid(_ reason: String) -> ImageChangeError {
            ImageChangeError(description: "invalid change '\(instruction.prefix(200))': \(reason)")
        }
        guard let name = words.first?.uppercased() else { throw invalid("it is empty") }
        if text.isEmpty { throw invalid("\(name) has no value") }
        switch name {
        case "CMD": cmd = Self.command(text)
        case "ENTRYPOINT": entrypoint = Self.command(text)
        case "WORKDIR": workingDir = text
        case "USER": user = text
        case "STOPSIGNAL": stopSignal = text
        case "ENV":
            for (key, value) in try Self.assignments(text, invalid) {
                env = (env ?? []).filter { !$0.hasPrefix(key + "=") } + ["\(key)=\(value)"]
            }
        case "LABEL":
            for (key, value) in try Self.assignments(text, invalid) {
                labels = (labels ?? [:]).merging([key: value]) { $1 }
            }
        case "EXPOSE":
            for port in text.split(separator: " ") {
                exposedPorts = exposedPorts ?? [:]
                exposedPorts?[port.contains("/") ? String(port) : "\(port)/tcp"] = ImageConfiguration.Empty()
            }
        case "VOLUME":
            for path in Self.list(text) ?? text.split(separator: " ").map(String.init) {
                volumes = volumes ?? [:]
                volumes?[path] = ImageConfiguration.Empty()
            }
        default:
            throw invalid(
                "\(name) is not known: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR are")
        }
    }

    /// A JSON list is the command itself; other text is for a shell.
    private static func command(_ text: String) -> [String] { list(text) ?? ["/bin/sh", "-c", text] }

    private static func list(_ text: String) -> [String]? {
        guard text.hasPrefix("["), let value = try? JSONParser.parse(text) else { return nil }
        return try? value.decode([String].self)
    }

    /// `KEY=VALUE KEY="two words"`, or `KEY VALUE`.
    private static func assignments(
        _ text: String, _ invalid: (String) -> ImageChangeError
    ) throws(ImageChangeError) -> [(String, String)] {
        let words = try split(text, invalid)
        guard let first = words.first else { throw invalid("it has no value") }
        if !first.contains("=") {
            guard let space = text.firstIndex(of: " ") else { throw invalid("it should be NAME=VALUE") }
            return [(String(text[..<space]), String(text[text.index(after: space)...]))]
        }
        var pairs: [(String, String)] = []
        for word in words {
            guard let equals = word.firstIndex(of: "="), equals > word.startIndex else {
                throw invalid("'\(word)' should be NAME=VALUE")
            }
            pairs.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
        }
        return pairs
    }

    /// Words as a shell separates them: quotes and backslashes keep spaces.
    private static func split(
        _ text: String, _ invalid: (String) -> ImageChangeError
    ) throws(ImageChangeError) -> [String] {
        var words: [String] = []
        var word = ""
        var inWord = false
        var quote: Character?
        var escaped = false
        for character in text {
            if escaped {
                word.append(character)
                escaped = false
            } else if character == "\\", quote != "'" {
                escaped = true
                inWord = true
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                inWord = true
            } else if character == " " {
                if inWord { words.append(word) }
                word = ""
                inWord = false
            } else {
                word.append(character)
                inWord = true
            }
        }
        if quote != nil || escaped { throw invalid("a quotation does not end") }
        if inWord { words.append(word) }
        return words
    }
}
