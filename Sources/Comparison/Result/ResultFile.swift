import JSON

/// Why a file is no result of a comparison.
public struct ResultFileError: Error, CustomStringConvertible, Equatable {
    /// The text for people.
    public let description: String
}

extension ComparisonResult {
    /// The most bytes of a result file.
    public static let sizeLimit = 256 << 20

    /// Reads a result file.
    public init(parsing bytes: [UInt8]) throws(ResultFileError) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes)
        } catch {
            throw ResultFileError(description: "\(error)")
        }
        guard let schema = value["schema"]?.stringValue, schema.hasPrefix("hull-compare/") else {
            throw ResultFileError(description: "is no result of hull compare: it has no schema of that name")
        }
        guard schema == Self.schema else {
            throw ResultFileError(description: "has schema \(schema); this version reads \(Self.schema)")
        }
        do {
            self = try value.decode(ComparisonResult.self)
        } catch {
            throw ResultFileError(description: "\(error)")
        }
        guard !sides.isEmpty else { throw ResultFileError(description: "names no sides") }
        for workload in workloads {
            for run in workload.runs + workload.observedRuns where !sides.contains(where: { $0.name == run.side }) {
                throw ResultFileError(description: "\(workload.name): a run of '\(run.side)', which is no side")
            }
        }
    }

    /// The result as a file.
    public func file() throws -> [UInt8] {
        try JSONValue.encode(self).bytes(.pretty) + [0x0A]
    }
}
