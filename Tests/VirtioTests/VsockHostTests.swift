import Glibc
import LinuxSystem
import Testing

@testable import Virtio

/// Connections that the host begins, and the ways to the host's programs.
@Suite struct VsockHostTests {
    private func makeDirectory() throws -> String {
        var name = Array("/tmp/vsock-test-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw SystemError.last("mkdtemp", "") }
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func removeDirectory(_ path: String) {
        for name in (try? WholeFile.names(in: path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// A guest, and a program of the host that has connected to its device's Unix socket.
    private func withClient(_ body: (VsockGuest, _ client: CInt) throws -> Void) throws {
        let path = try makeDirectory()
        defer { removeDirectory(path) }
        let directory = try OwnedDescriptor.open(path, O_PATH | O_DIRECTORY)
        let listener = try LocalSocket.listen("vsock", in: directory.number, .stream)
        let guest = try VsockGuest(host: VsockHandedHost(), listener: listener)
        let client = try LocalSocket.connect("vsock", in: directory.number, .stream)
        try body(guest, client.number)
    }

    @Test func aProgramSaysWhichPortItWants() throws {
        try withClient { guest, client in
            // In two parts, and with bytes for the guest behind the line.
            writeAvailable(client, Array("CONN".utf8))
            guest.driver.run()
            writeAvailable(client, Array("ECT 70\nfirst".utf8))
            let request = try #require(try guest.receive())
            #expect(request.operation == .request && request.destination == 70 && request.source >= 1 << 30)
            #expect(readAvailable(client) == [])
            guest.send(.response, from: 70, to: request.source)
            #expect(readAvailable(client) == Array("OK \(request.source)\n".utf8))
            #expect(try guest.receive()?.data == Array("first".utf8))
            guest.send(.data, from: 70, to: request.source, data: [1, 2])
            #expect(readAvailable(client) == [1, 2])
        }
    }

    @Test(arguments: ["CONNECT\n", "CONNECT x\n", "CONNECT 1 2\n", "HELLO 5\n", "CONNECT 4294967296\n", "\n"])
    func otherLinesEndTheClient(line: String) throws {
        try withClient { guest, client in
            writeAvailable(client, Array(line.utf8))
            let answer = try guest.receive()
            #expect(answer == nil)
            var byte: UInt8 = 0
            #expect(read(client, &byte, 1) <= 0)
        }
    }

    @Test func aLineThatNeverEndsEndsTheClient() throws {
        try withClient { guest, client in
            writeAvailable(client, Array("CONNECT ".utf8) + [UInt8](repeating: 0x31, count: 64))
            guest.driver.run()
            var byte: UInt8 = 0
            #expect(read(client, &byte, 1) <= 0)
        }
    }

    @Test func aGuestThatRefusesClosesTheClient() throws {
        let host = VsockHandedHost()
        let guest = try VsockGuest(host: host)
        let pair = try LocalSocket.Pair(.stream)
        let handed = try pair.first.duplicate()
        let number = handed.release()
        try guest.driver.transport.withDevice { (device) throws(VirtioError) in
            try device.connect(guestPort: 9, OwnedDescriptor(owning: number))
        }
        let request = try #require(try guest.receive())
        guest.send(.reset, from: 9, to: request.source)
        #expect(try guest.driver.transport.withDevice { $0.connections.isEmpty })
    }

    @Test func handedSocketsServeTheirPortOnce() throws {
        let host = VsockHandedHost()
        let pair = try LocalSocket.Pair(.stream)
        host.add(port: 1024, try pair.first.duplicate())
        let guest = try VsockGuest(host: host)
        try guest.connect(from: 1, to: 1024)
        guest.send(.data, from: 1, to: 1024, data: [5])
        #expect(readAvailable(pair.second.number) == [5])
        guest.send(.request, from: 2, to: 1024)
        #expect(try guest.receive()?.operation == .reset)
    }

    @Test func portsAreUnixSocketsOfADirectory() throws {
        let path = try makeDirectory()
        defer { removeDirectory(path) }
        let directory = try OwnedDescriptor.open(path, O_PATH | O_DIRECTORY)
        let listener = try LocalSocket.listen("vm_52", in: directory.number, .stream)
        let host = VsockSocketHost(in: try directory.duplicate(), name: "vm")
        let guest = try VsockGuest(host: host)
        try guest.connect(from: 1, to: 52)
        let server = try LocalSocket.accept(listener.number)
        guest.send(.data, from: 1, to: 52, data: [5])
        #expect(readAvailable(server.number) == [5])
        guest.send(.request, from: 2, to: 53)
        #expect(try guest.receive()?.operation == .reset)
    }
}
