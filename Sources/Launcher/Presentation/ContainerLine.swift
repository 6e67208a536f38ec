import JSON
import LinuxSystem
import OCISpec

/// A container as a line of `hull ps`.
public struct ContainerLine {
    /// The container.
    public let view: ContainerView
    private let command: String

    /// Reads what the line needs beside the view.
    public init(_ view: ContainerView, _ store: ContainerStore) throws {
        self.view = view
        // A container may be removed while we look.
        let arguments = (try? store.spec(view.record.id))?.process?.args ?? view.record.command
        command = arguments.joined(separator: " ")
    }

    /// The command in quotes, shortened as Docker does.
    public func command(whole: Bool) -> String {
        let text = TextTable.printable(command)
        return "\"" + (whole || text.count <= 20 ? text : text.prefix(19) + "…") + "\""
    }

    /// How long ago it was made.
    public var age: String { HumanUnits.since(WallClock(nanoseconds: view.record.created)) }

    /// `Up 3 minutes`, `Exited (0) 2 hours ago`, `Created`.
    public var status: String {
        switch view.lifecycle {
        case .created: return "Created"
        case .running(let running):
            let span = HumanUnits.span(seconds: WallClock.now.seconds - running.startedAt / 1_000_000_000)
            return "Up \(span)" + (view.isPaused ? " (Paused)" : "")
        case .exited(let exited):
            if exited.startedAt == 0 { return "Created" }
            return "Exited (\(exited.code)) \(HumanUnits.since(WallClock(nanoseconds: exited.finishedAt)))"
        }
    }

    /// Labels as `a=b,c=d`.
    private var labels: String {
        view.record.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// The line as Docker's JSON.
    ///
    /// - Parameters:
    ///   - whole: whether ids and commands are not shortened.
    ///   - size: the bytes of its own files, where they were asked for.
    public func json(whole: Bool, size: Int64?) -> JSONValue {
        let record = view.record
        return [
            "Command": .string(command(whole: whole)),
            "CreatedAt": .string(WallClock(nanoseconds: record.created).rfc3339),
            "ID": .string(whole ? record.id : record.shortID), "Image": .string(record.image.name),
            "Isolation": .string(record.isolation), "Labels": .string(labels), "LocalVolumes": "0", "Mounts": "",
            "Names": .string(record.name), "Networks": .string(record.network), "Ports": "",
            "RunningFor": .string(age), "Size": .string(size.map { HumanUnits.decimal(UInt64($0)) } ?? "0B"),
            "State": .string(view.status), "Status": .string(status),
        ]
    }
}
