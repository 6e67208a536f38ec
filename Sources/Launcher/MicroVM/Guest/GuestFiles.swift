import AgentProtocol
import Glibc
import LinuxSystem

/// Files of a guest that runs, as its workload sees them now: the agent opens them within the workload's root, where no link
/// leads out. Whatever the guest says is the workload's own claim, and no more than was asked for is kept of it.
final class GuestFiles: ContainerFiles {
    private let visit: GuestVisit
    private var lastRequest: UInt32 = 0

    init(_ visit: GuestVisit) { self.visit = visit }

    /// The content of a regular file; nil where the agent cannot open one.
    func read(_ path: String, limit: Int) throws -> [UInt8]? {
        // What is still on its way of an earlier file has its number.
        lastRequest += 1
        let request = lastRequest
        visit.connection.send(.copyOut(request: request, path: path, followsLink: true))
        var content = GuestFileContent(path, limit: limit)
        while true {
            switch try visit.next() {
            case .copyEntry(request, let entry):
                guard try content.begin(entry) else { return nil }
            case .copyData(request, let bytes):
                if let more = try content.take(bytes) {
                    visit.connection.send(.copyCredit(request: request, bytes: more))
                }
            case .done(request): return try content.finish()
            case .refused(request, _): return nil
            default: continue
            }
        }
    }
}

/// One file's bytes as they come from a guest, in the order and within the bounds that they must have.
struct GuestFileContent {
    private let path: String
    private let limit: Int
    private var bytes: [UInt8]?
    private var credit = ReceiveCredit()

    /// - Parameters:
    ///   - path: for messages.
    ///   - limit: bytes; a larger file is an error.
    init(_ path: String, limit: Int) {
        self.path = path
        self.limit = limit
    }

    /// Takes what the file is.
    ///
    /// - Returns: false for what is no regular file.
    mutating func begin(_ entry: CopyEntry) throws -> Bool {
        guard case .file(let size) = entry.kind else { return false }
        guard bytes == nil, entry.name.isEmpty else { throw CopyError("the guest sent a tree in place of \(path)") }
        guard size <= UInt64(limit) else { throw SystemError("read", path, number: EFBIG) }
        bytes = []
        return true
    }

    /// Takes more of it.
    ///
    /// - Returns: how much to grant now; nil while it is not worth a message.
    mutating func take(_ more: [UInt8]) throws -> UInt32? {
        guard bytes != nil, !more.isEmpty, credit.receive(more.count) else {
            throw CopyError("the guest sent bytes of \(path) that it may not")
        }
        bytes?.append(contentsOf: more)
        // It may have grown since its size was told.
        guard bytes?.count ?? 0 <= limit else { throw SystemError("read", path, number: EFBIG) }
        return credit.take(more.count)
    }

    /// The whole file.
    func finish() throws -> [UInt8] {
        guard let bytes else { throw CopyError("the guest sent nothing of \(path)") }
        return bytes
    }
}
