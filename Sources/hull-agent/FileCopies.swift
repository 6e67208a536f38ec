import AgentProtocol
import Glibc
import LinuxSystem

/// Trees that a program of the host copies out of the workload's root file system or into it: one of each at a time, over a
/// connection of its own.
final class FileCopies {
    private var outgoing: (request: UInt32, reader: TreeReader, credit: SendCredit)?
    private var incoming: (request: UInt32, writer: TreeWriter, credit: ReceiveCredit)?

    /// Begins to send a tree.
    ///
    /// - Parameter workload: the process whose root directory no path leads out of.
    func send(_ request: UInt32, _ path: String, followsLink: Bool, of workload: pid_t) throws {
        let root = try Self.root(of: workload)
        let place = try OwnedDescriptor.open(path, inRoot: root.number, O_PATH | (followsLink ? 0 : O_NOFOLLOW))
        outgoing = (request, TreeReader(place), SendCredit())
    }

    /// Begins to take a tree, whose root is to be `path`; the directory that it is in is there.
    func take(_ request: UInt32, _ path: String, of workload: pid_t) throws {
        let root = try Self.root(of: workload)
        let parts = path.split(separator: "/")
        guard let name = parts.last.map(String.init) else {
            let directory = try OwnedDescriptor.open("/", inRoot: root.number, O_RDONLY | O_DIRECTORY)
            incoming = (request, try TreeWriter(into: directory, owner: nil), ReceiveCredit())
            return
        }
        let parent = "/" + parts.dropLast().joined(separator: "/")
        let directory = try OwnedDescriptor.open(parent, inRoot: root.number, O_RDONLY | O_DIRECTORY)
        incoming = (request, try TreeWriter(in: directory, name: name, owner: nil), ReceiveCredit())
    }

    private static func root(of workload: pid_t) throws(SystemError) -> OwnedDescriptor {
        try OwnedDescriptor.open("/proc/\(workload)/root", O_PATH | O_DIRECTORY)
    }

    /// Takes the next file of a tree that comes. What is still on its way after a refusal is nobody's.
    func take(_ request: UInt32, _ entry: CopyEntry, _ connection: HostConnection) {
        guard let incoming, incoming.request == request else { return }
        refusing(request, connection) { try incoming.writer.take(entry) }
    }

    /// Takes bytes of a tree that comes.
    func take(_ request: UInt32, _ bytes: [UInt8], _ connection: HostConnection) {
        guard incoming?.request == request, let writer = incoming?.writer else { return }
        refusing(request, connection) {
            guard incoming?.credit.receive(bytes.count) == true else { throw CopyRefusal.noCredit }
            try writer.take(bytes)
            if let more = incoming?.credit.take(bytes.count) {
                connection.send(.copyCredit(request: request, bytes: more))
            }
        }
    }

    /// Ends a tree that came.
    func finish(_ request: UInt32, _ connection: HostConnection) {
        guard let writer = incoming?.writer, incoming?.request == request else { return }
        refusing(request, connection) {
            try writer.finish()
            connection.send(.done(request: request))
        }
        incoming = nil
    }

    private func refusing(_ request: UInt32, _ connection: HostConnection, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            incoming = nil
            connection.send(.refused(request: request, message: "\(error)"))
        }
    }

    /// The host has taken more of a tree that goes out.
    func grant(_ request: UInt32, _ bytes: UInt32) {
        if outgoing?.request == request { outgoing?.credit.grant(bytes) }
    }

    /// Sends more of a tree that goes out, as far as there are room and credit.
    func pump(_ connection: HostConnection) {
        while connection.hasRoom, let (request, reader, credit) = outgoing, credit.available > 0 {
            do {
                switch try reader.next(limit: credit.allowed(AgentLimits.data)) {
                case .entry(let entry): connection.send(.copyEntry(request: request, entry))
                case .data(let bytes):
                    outgoing?.credit.spend(bytes.count)
                    connection.send(.copyData(request: request, bytes: bytes))
                case nil:
                    outgoing = nil
                    connection.send(.done(request: request))
                }
            } catch {
                outgoing = nil
                connection.send(.refused(request: request, message: "\(error)"))
            }
        }
    }
}

/// Why the host's bytes were not taken.
enum CopyRefusal: Error, CustomStringConvertible {
    case noCredit

    var description: String { "bytes of a file without credit for them" }
}
