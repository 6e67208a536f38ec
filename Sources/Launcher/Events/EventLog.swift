import Glibc
import JSON
import LinuxSystem

/// Something that happened to a container or an image, as `hull events` shows it.
public struct Event: Codable, Equatable, Sendable {
    /// When, in nanoseconds since 1970.
    public var time: Int64
    /// `container` or `image`.
    public var type: String
    /// `create`, `start`, `die`, `destroy`, `pull`, …: Docker's words.
    public var action: String
    /// The container's id, or the image's name.
    public var id: String
    /// `name`, `image`, `exitCode`, `signal` and labels.
    public var attributes: [String: String]

    /// Makes an event that happens now.
    public init(_ type: String, _ action: String, id: String, attributes: [String: String] = [:]) {
        time = WallClock.now.nanoseconds
        self.type = type
        self.action = action
        self.id = id
        self.attributes = attributes
    }

    /// The event as Docker's API has it.
    public var json: JSONValue {
        var fields: [JSONObject.Member] = []
        if type == "container" {
            fields = [.init(key: "status", value: .string(action)), .init(key: "id", value: .string(id))]
            if let image = attributes["image"] { fields.append(.init(key: "from", value: .string(image))) }
        }
        let named = attributes.sorted { $0.key < $1.key }.map {
            JSONObject.Member(key: $0.key, value: .string($0.value))
        }
        fields += [
            .init(key: "Type", value: .string(type)), .init(key: "Action", value: .string(action)),
            .init(key: "Actor", value: ["ID": .string(id), "Attributes": .object(JSONObject(named))]),
            .init(key: "scope", value: "local"), .init(key: "time", value: .integer(time / 1_000_000_000)),
            .init(key: "timeNano", value: .integer(time)),
        ]
        return .object(JSONObject(fields))
    }

    /// The event as Docker prints it: time, type, action, id and attributes by name.
    public var line: String {
        let text = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        return "\(WallClock(nanoseconds: time).rfc3339) \(type) \(action) \(id)" + (text.isEmpty ? "" : " (\(text))")
    }
}

/// The file `events` of a store: a JSON line an event. Each is written by one write(2) with O_APPEND, so concurrent
/// processes need no lock; a line that was cut off by a crash is passed over when it is read.
public struct EventLog: Sendable {
    /// The file turns over to `events.1` at this size in bytes.
    static let turnoverSize: off_t = 4 << 20

    let path: String

    /// The log of the store at `root`.
    public init(root: String) {
        path = root + "/events"
    }

    /// Adds an event.
    public func append(_ event: Event) throws {
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
        let bytes = try JSONValue.encode(event).bytes() + [0x0A]
        try systemCall("write", path) { unsafe write(file.number, bytes, bytes.count) }
        if lseek(file.number, 0, SEEK_END) > Self.turnoverSize {
            try systemCall("rename", path) { unsafe rename(path, path + ".1") }
        }
    }

    /// All events that are kept, oldest first.
    public func events() throws(SystemError) -> [Event] {
        try EventReader(path: path + ".1").next() + EventReader(path: path).next()
    }

    /// A reader that gives what was added since it was last asked.
    ///
    /// - Parameter fromNow: whether what is already there is passed over.
    public func reader(fromNow: Bool) throws(SystemError) -> EventReader {
        let reader = EventReader(path: path)
        if fromNow { _ = try reader.next() }
        return reader
    }
}

/// Reads an event log as it grows.
public final class EventReader {
    private let path: String
    private var offset: off_t = 0
    private var inode: ino_t = 0
    private var partial: [UInt8] = []

    init(path: String) {
        self.path = path
    }

    /// The events added since the last call, in order; none where there is no file yet.
    public func next() throws(SystemError) -> [Event] {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if number < 0, errno == ENOENT { return [] }
        if number < 0 { throw SystemError.last("open", path) }
        let file = OwnedDescriptor(owning: number)
        let status = try FileStatus.of(file.number, path)
        if status.st_ino != inode || status.st_size < offset {
            (inode, offset, partial) = (status.st_ino, 0, [])
        }
        var events: [Event] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try systemCall("pread", path) { unsafe pread(file.number, &buffer, buffer.count, offset) }
            if count == 0 { return events }
            offset += off_t(count)
            partial += buffer[..<count]
            while let end = partial.firstIndex(of: 0x0A) {
                // A line that a crash cut off is no event.
                if let value = try? JSONParser.parse(Array(partial[..<end])), let event = try? value.decode(Event.self)
                {
                    events.append(event)
                }
                partial.removeFirst(end + 1)
            }
        }
    }
}
