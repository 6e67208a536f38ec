import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

@Suite struct HandshakeTests {
    static let errors: [RuntimeError] = [
        .invalid(at: "process.cwd", reason: "is missing"),
        .system(step: "mount", SystemError("mount", "/proc", number: EPERM)),
        .rlimit(type: "RLIMIT_NOFILE", soft: 1, hard: UInt64.max, reason: "no"),
        .commandNotFound("sh"), .commandNotExecutable("/etc", reason: "is a directory"),
        .workingDirectory("/x", reason: "no such file or directory"),
        .hook(point: "prestart", path: "/bin/false", reason: "ended with exit code 1"), .notRunning("c1"),
    ]

    @Test(arguments: errors)
    func `an error arrives as it was sent`(error: RuntimeError) {
        #expect(Message(Message.failed(error).bytes) == .failed(error))
    }

    @Test(arguments: [
        Message.awaitsMappings, .mappingsWritten, .atHooks, .hooksDone, .ready, .start, .forked(pid: 4711),
    ])
    func `a message arrives as it was sent`(message: Message) {
        #expect(Message(message.bytes) == message)
    }

    @Test func `no part of a message is taken for a whole one`() {
        let bytes = Message.failed(.hook(point: "a", path: "b", reason: "c")).bytes
        for length in 0..<bytes.count { #expect(Message(Array(bytes.prefix(length))) == nil) }
    }

    @Test func `a length beyond the packet is refused`() {
        #expect(Message([8, 4] + [UInt8](repeating: 0xFF, count: 4)) == nil)
        #expect(Message([200]) == nil)
    }

    @Test func `the longest error fits in a packet`() {
        let text = String(repeating: "ä", count: 100_000)
        let bytes = Message.failed(.hook(point: text, path: text, reason: text)).bytes
        #expect(bytes.count <= Message.maximumSize)
        #expect(Message(bytes) != nil)
    }
}
