import CommandLineOptions
import Comparison
import JSON
import LinuxSystem
import Yams

/// A suite as a YAML file, or one of ours by its name.
struct SuiteFile {
    let suite: Suite
    /// Where relative paths of the file begin.
    let directory: String

    /// The most bytes of a suite file.
    private static let sizeLimit = 1 << 20

    init(_ name: String) throws {
        let path = name.contains("/") || name.contains(".") ? name : try Self.own(name)
        guard let bytes = try WholeFile.read(path, limit: Self.sizeLimit) else {
            throw UsageError("\(path): there is no such file")
        }
        do {
            suite = try Suite(try Self.value(String(decoding: bytes, as: UTF8.self)))
        } catch {
            // Yams shows the place below its message; one line is enough.
            let lines = "\(error)".split(separator: "\n").prefix(2)
            throw UsageError("\(path): \(lines.joined(separator: " "))")
        }
        directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// The path of a suite that comes with Hull: beside an installed hull, or in the sources of one that was just built.
    private static func own(_ name: String) throws -> String {
        let place = hullPath.lastIndex(of: "/").map { String(hullPath[..<$0]) } ?? ""
        let candidates = ["/../share/hull/Configs/compare/", "/../../../Configs/compare/"].map {
            place + $0 + name + ".yaml"
        }
        for path in candidates where try WholeFile.read(path, limit: sizeLimit) != nil { return path }
        throw UsageError("there is no suite '\(name)': give a file's path")
    }

    /// YAML as the values of JSON, of which it has all.
    private static func value(_ text: String) throws -> JSONValue {
        guard let node = try Yams.compose(yaml: text) else { return .null }
        return try value(node, depth: 0)
    }

    private static func value(_ node: Node, depth: Int) throws -> JSONValue {
        guard depth < 16 else { throw SuiteFileError(description: "is nested deeper than 16") }
        switch node {
        case .scalar(let scalar):
            // Only what stands without quotation marks can be anything but text.
            if scalar.style != .plain { return .string(scalar.string) }
            return if let flag = Bool.construct(from: scalar) {
                .bool(flag)
            } else if let number = Int.construct(from: scalar) {
                .integer(Int64(number))
            } else if let number = Double.construct(from: scalar) {
                .double(number)
            } else if scalar.string.isEmpty || scalar.string == "~" || scalar.string == "null" {
                .null
            } else {
                .string(scalar.string)
            }
        case .sequence(let sequence): return .array(try sequence.map { try value($0, depth: depth + 1) })
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, member) in mapping {
                guard let name = key.string else { throw SuiteFileError(description: "has a name that is no text") }
                object[name] = try value(member, depth: depth + 1)
            }
            return .object(object)
        case .alias: throw SuiteFileError(description: "has an alias, which suites do not need")
        }
    }
}

/// What YAML allows and a suite does not.
struct SuiteFileError: Error, CustomStringConvertible {
    let description: String
}
