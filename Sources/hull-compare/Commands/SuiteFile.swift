import CommandLineOptions
import Comparison
import LinuxSystem

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
            suite = try Suite(yaml: String(decoding: bytes, as: UTF8.self))
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
}
