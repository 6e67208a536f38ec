import CLinux
import Glibc
import LinuxSystem
import Wire

/// Our end of a machine monitor's control socket (docs/snapshot.md).
struct MachineControl: ~Copyable {
    private let socket: OwnedDescriptor

    /// How long a machine may take to be written, in milliseconds.
    private static let patience: CInt = 120_000
    private static let version: UInt8 = 1
    private static let number: UInt32 = 1

    private enum Kind: UInt8 {
        case pause = 1
        case resume, snapshot
    }

    init(_ socket: consuming OwnedDescriptor) { self.socket = consume socket }

    /// Has all processors stand still.
    func pause() throws { try request(.pause, []) }

    /// Lets them go on.
    func resume() throws { try request(.resume, []) }

    /// Has the machine written to two files. It stands still meanwhile.
    func snapshot(state: borrowing OwnedDescriptor, memory: borrowing OwnedDescriptor) throws {
        try request(.snapshot, [state.number, memory.number])
    }

    private func request(_ kind: Kind, _ files: [CInt]) throws {
        var request = WireWriter(capacity: 8)
        request.put(Self.version)
        request.put(kind.rawValue)
        request.put(Self.number)
        let bytes = request.bytes
        var files = files
        try systemCall("sendmsg", "the machine's control socket") {
            // Both arrays are as long as is said.
            unsafe bytes.withUnsafeBytes { part in
                unsafe linux_send_fds(socket.number, part.baseAddress, part.count, &files, CInt(files.count))
            }
        }
        try takeReply()
    }

    private func takeReply() throws {
        var set = PollSet()
        set.add(socket.number, CInt(POLLIN))
        guard try set.wait(timeout: Self.patience) else { throw LaunchError("the machine does not answer") }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try systemCall("recv", "the machine's control socket") {
            // The buffer has the room that is named.
            unsafe recv(socket.number, &buffer, buffer.count, 0)
        }
        if count == 0 { throw LaunchError("the machine ended while it was written") }
        var reply = WireReader(buffer, 0..<count)
        guard try reply.integer(UInt8.self) == Self.version else { throw WireError.invalid("version") }
        let failed = try reply.integer(UInt8.self) != 0
        _ = try reply.integer(UInt32.self)
        let text = try reply.string(limit: 1024)
        if failed { throw LaunchError(GuestText.shown(text)) }
    }
}
