import JSON

/// Named workloads of a suite file (docs/comparison.md).
public struct Suite: Sendable, Equatable {
    /// The format's name and version.
    public static let schema = "hull-compare-suite/1"
    /// The most workloads of a suite.
    public static let workloadLimit = 200

    /// What the suite is called.
    public var title: String
    /// The image of workloads that name none.
    public var image: String?
    /// The time for a workload's rounds as it is written, `15s`.
    public var time: String?
    /// The workloads, in the order of the file.
    public var workloads: [Workload]

    /// One workload.
    public struct Workload: Sendable, Equatable {
        /// Its name, once in a suite.
        public var name: String
        /// A sentence that says what it shows.
        public var shows: String?
        /// Its image.
        public var image: String?
        /// The command; empty for the image's own.
        public var command: [String] = []
        /// Options of `run`.
        public var options: [String] = []
        /// A file for standard input; a relative path begins at the suite's directory.
        public var input: String?
        /// What is compared first.
        public var measure = Metric.wall
        /// What one operation is, where it reports its time.
        public var operation: String?
    }
}

/// Why a file is no suite.
public struct SuiteError: Error, CustomStringConvertible, Equatable {
    /// Where: `workloads[2].measure`; empty for the whole.
    public let place: String
    /// What is wrong.
    public let reason: String

    /// The text for people.
    public var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
}

extension Suite {
    /// Reads a suite from what its file says.
    public init(_ value: JSONValue) throws(SuiteError) {
        let reader = try Reader(value, at: "", known: ["schema", "title", "image", "time", "workloads"])
        guard let schema = try reader.text("schema"), schema == Self.schema else {
            throw SuiteError(place: "schema", reason: "should be \(Self.schema)")
        }
        title = try reader.text("title") ?? "suite"
        image = try reader.text("image")
        time = try reader.text("time")
        workloads = []
        for (index, entry) in try reader.list("workloads").enumerated() {
            guard index < Self.workloadLimit else {
                throw SuiteError(place: "workloads", reason: "are more than \(Self.workloadLimit)")
            }
            let workload = try Workload(entry, at: "workloads[\(index)]")
            if workloads.contains(where: { $0.name == workload.name }) {
                throw SuiteError(place: "workloads[\(index)].name", reason: "'\(workload.name)' is there twice")
            }
            workloads.append(workload)
        }
        if workloads.isEmpty { throw SuiteError(place: "workloads", reason: "are missing") }
    }
}

extension Suite.Workload {
    fileprivate init(_ value: JSONValue, at place: String) throws(SuiteError) {
        let reader = try Reader(
            value, at: place,
            known: ["name", "shows", "image", "command", "options", "input", "measure", "operation"])
        guard let name = try reader.text("name"), !name.isEmpty, name.count <= 64 else {
            throw SuiteError(place: place + ".name", reason: "is missing, or has more than 64 characters")
        }
        self.name = name
        shows = try reader.text("shows")
        image = try reader.text("image")
        command = try reader.texts("command")
        options = try reader.texts("options")
        input = try reader.text("input")
        operation = try reader.text("operation")
        switch try reader.text("measure") {
        case nil, "wall": measure = .wall
        case "reported": measure = .reported
        case .some(let other):
            throw SuiteError(place: place + ".measure", reason: "'\(other)' is unknown: wall and reported are known")
        }
    }
}

/// The members of one object of a suite file.
private struct Reader {
    private let members: JSONObject
    private let place: String

    init(_ value: JSONValue, at place: String, known: [String]) throws(SuiteError) {
        guard let members = value.objectValue else {
            throw SuiteError(place: place, reason: "should be a mapping, and is \(value.kind)")
        }
        for member in members.members where !known.contains(member.key) {
            throw SuiteError(
                place: place.isEmpty ? Text.printable(member.key) : place + "." + Text.printable(member.key),
                reason: "is unknown: \(known.joined(separator: ", ")) are known")
        }
        self.members = members
        self.place = place
    }

    private func path(_ key: String) -> String { place.isEmpty ? key : place + "." + key }

    func text(_ key: String) throws(SuiteError) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value.stringValue else {
            throw SuiteError(place: path(key), reason: "should be a text, and is \(value.kind)")
        }
        return text
    }

    func list(_ key: String) throws(SuiteError) -> [JSONValue] {
        guard let value = members[key] else { return [] }
        guard let list = value.arrayValue else {
            throw SuiteError(place: path(key), reason: "should be a list, and is \(value.kind)")
        }
        return list
    }

    func texts(_ key: String) throws(SuiteError) -> [String] {
        var texts: [String] = []
        for (index, value) in try list(key).enumerated() {
            guard let text = value.stringValue else {
                throw SuiteError(
                    place: "\(path(key))[\(index)]", reason: "should be a text in quotation marks, and is \(value.kind)"
                )
            }
            texts.append(text)
        }
        return texts
    }
}
