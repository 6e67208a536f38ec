import CLinux
import Glibc
import LinuxSystem
import Testing

/// A guest that waits to be copied (Guest/guest.c, `copies`), or a copy of it: with a connection to its port 1024 of the
/// host, and the control socket of its machine.
final class CopiedGuest {
    let machine: Child
    private let host: CInt
    private let control: CInt
    private var received = ""
    private var requests: UInt32 = 0

    /// The two files of a snapshot.
    struct Files {
        let state: String
        let memory: String
    }

    private init(_ start: (_ port: CInt, _ control: CInt) throws -> Child) throws {
        var port: [CInt] = [-1, -1]
        var control: [CInt] = [-1, -1]
        try systemCall("socketpair") { socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &port) }
        try systemCall("socketpair") { socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0, &control) }
        // What fails must not leave the test reading, and our ends are not the machine's.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for end in [port[0], control[0]] {
            setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        host = port[0]
        self.control = control[0]
        defer {
            close(port[1])
            close(control[1])
        }
        machine = try start(port[1], control[1])
    }

    deinit {
        close(host)
        close(control)
    }

    /// Boots one with an empty place for a disk.
    static func boot(options: String = "", files: String = "") throws -> CopiedGuest {
        let guest = try CopiedGuest { port, control in
            try Guest.start(
                "copies", options: "--disk none:ro --vsock 3 --vsock-port 1024:\(port) --control \(control) \(options)",
                files: files)
        }
        try guest.expectReady()
        return guest
    }

    /// Starts a copy whose disk is a file.
    static func restore(
        _ files: Files, cid: Int, disk: String, options: String = "", files redirections: String = ""
    ) throws -> CopiedGuest {
        let guest = try starting(files, cid: cid, disk: disk, options: options, files: redirections)
        try guest.expectReady()
        return guest
    }

    /// Starts a copy that may fail.
    static func starting(
        _ files: Files, cid: Int, disk: String, options: String = "", files redirections: String = ""
    ) throws -> CopiedGuest {
        try CopiedGuest { port, control in
            let script = """
                exec \(Environment.executables)/hull-vmm --restore 3 --memory-file 5 --disk 4:ro --disk 6:ro \
                --vsock \(cid) --vsock-port 1024:\(port) --control \(control) \(options) \
                3<\(files.state) 5<\(files.memory) 4<\(Guest.disk) 6<\(disk) \(redirections)
                """
            return try Child([try program("bash"), "-c", script], environment: [:])
        }
    }

    private func expectReady() throws {
        let line = try line()
        guard line == "ready" else {
            throw FailedProgram(outcome: try finish())
        }
    }

    /// The next line of the guest's; "" at the end.
    private func line() throws -> String {
        while !received.contains("\n") {
            var bytes = [UInt8](repeating: 0, count: 1024)
            let count = read(host, &bytes, bytes.count)
            if count <= 0 { return "" }
            received += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        let end = received.firstIndex(of: "\n")!
        defer { received = String(received[received.index(after: end)...]) }
        return String(received[..<end])
    }

    /// Gives the guest a word, and returns what it says of itself.
    func ask(_ word: String) throws -> String {
        let text = word + "\n"
        try systemCall("write") { write(host, text, text.utf8.count) }
        let answer = try line()
        // It is ready for the next.
        #expect(try line() == "ready")
        return answer
    }

    /// Asks by the control socket.
    ///
    /// - Returns: why it was not done; nil: it was.
    func request(_ kind: UInt8, files: [CInt] = []) throws -> String? {
        requests += 1
        let packet = [1, kind, UInt8(requests), 0, 0, 0]
        try systemCall("sendmsg") { linux_send_fds(control, packet, packet.count, files, CInt(files.count)) }
        var reply = [UInt8](repeating: 0, count: 2048)
        let count = try systemCall("recv") { recv(control, &reply, reply.count, 0) }
        #expect(count >= 10 && reply[0] == 1 && reply[2] == UInt8(requests))
        return reply[1] == 0 ? nil : String(decoding: reply[10..<count], as: UTF8.self)
    }

    /// Writes a snapshot into a directory.
    func snapshot(in directory: String, _ name: String = "snapshot") throws -> Files {
        let files = Files(state: "\(directory)/\(name).state", memory: "\(directory)/\(name).memory")
        let descriptors = [files.state, files.memory].map { (path: String) in
            open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        }
        defer { for descriptor in descriptors { close(descriptor) } }
        #expect(try request(3, files: descriptors) == nil)
        return files
    }

    /// Ends the machine.
    @discardableResult
    func finish() throws -> Outcome {
        machine.signal(SIGKILL)
        return try machine.finish()
    }
}
