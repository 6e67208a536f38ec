import Testing
import Wire

@testable import AgentProtocol

private let configuration = WorkloadConfiguration(
    time: 1_700_000_000_000_000_000, hostname: "box", entropy: [1, 2, 3], specification: Array("{}".utf8),
    seccomp: .byDefault, usesInit: true, hasInput: false, terminal: TerminalSize(rows: 24, columns: 80),
    storage: .memory(limit: 1 << 30),
    files: [
        .init(path: "/etc/hosts", mode: 0o644, bytes: [7]), .init(path: "/etc/resolv.conf", mode: 0o600, bytes: []),
    ])

private let entry = CopyEntry(
    name: "a/b", kind: .file(size: 12), mode: 0o640, user: 1000, group: 1001, modified: 1_700_000_000)

private let hostMessages: [HostMessage] = [
    .hello(version: 1), .configure(configuration), .start,
    .execute(
        process: 3,
        .init(description: Array("{}".utf8), hasInput: true, isPrivileged: false, terminal: TerminalSize())),
    .input(process: 0, bytes: [1, 2, 3]), .input(process: 0, bytes: []), .inputEnd(process: 4),
    .credit(process: 1, stream: .stderr, bytes: 5), .resize(process: 0, TerminalSize(rows: 1, columns: 2)),
    .signal(process: 0, number: 64, toAll: true), .statistics(request: 1), .processes(request: 2), .pause(request: 3),
    .resume(request: 4), .copyOut(request: 5, path: "/etc", followsLink: true), .copyIn(request: 6, path: "/tmp"),
    .copyEntry(request: 6, entry), .copyData(request: 6, bytes: [1]), .copyEnd(request: 6),
    .copyCredit(request: 5, bytes: 100),
    .renew(
        request: 7,
        .init(
            time: 5, entropy: [1], hostname: "other", workloadHostname: "box",
            files: [.init(path: "/etc/hostname", mode: 0o644, bytes: [1])])), .shutdown,
    .rehearse(request: 6, configuration),
]

private let guestMessages: [GuestMessage] = [
    .hello(oldest: 1, newest: 2, build: "hull 1"), .configured, .started(process: 0),
    .failed(process: 2, code: 127, message: "not found"), .output(process: 0, stream: .stdout, bytes: [1, 2]),
    .outputEnd(process: 0, stream: .stderr), .credit(process: 0, bytes: 9), .inputClosed(process: 0),
    .exited(process: 0, .init(code: 137, signal: 9, ranOutOfMemory: true)),
    .statistics(request: 1, [.memoryUsage: 5, .blockWritten: 6]),
    .processes(
        request: 2,
        [
            GuestProcess(
                user: 0, pid: 1, parent: 0, cpuTicks: 5, startTicks: 6, terminal: 34816, command: "sleep 1")
        ]),
    .done(request: 3), .refused(request: 4, message: "no"), .copyEntry(request: 5, entry),
    .copyData(request: 5, bytes: [4]), .copyCredit(request: 6, bytes: 3), .warning("w"), .log("l"),
]

@Suite struct AgentProtocolTests {
    private func expectStable<Message: AgentMessage & Equatable>(_ messages: [Message]) throws {
        // As one piece, byte by byte, and in pieces that split frames.
        let stream = messages.flatMap(\.frame)
        for piece in [stream.count, 1, 7] {
            var decoder = MessageDecoder<Message>()
            var decoded: [Message] = []
            var rest = stream[...]
            while !rest.isEmpty {
                decoder.append(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                while let message = try decoder.next() { decoded.append(message) }
            }
            #expect(decoded == messages)
        }
    }

    @Test func messagesAreReadAsTheyWereWritten() throws {
        try expectStable(hostMessages)
        try expectStable(guestMessages)
        try expectStable([
            HostMessage.configure(
                WorkloadConfiguration(time: 0, hostname: "", entropy: [], specification: [], storage: .disk)),
            .copyEntry(
                request: 1,
                CopyEntry(name: "", kind: .directory, mode: 0, user: 0, group: 0, modified: 0)),
            .copyEntry(
                request: 1,
                CopyEntry(name: "l", kind: .symbolicLink("../x"), mode: 0, user: 0, group: 0, modified: 0)),
        ])
    }

    @Test func aMessageThatIsCutShortOrTooLongIsRefused() {
        func expectRefusals<Message: AgentMessage & Equatable>(_ messages: [Message]) {
            for message in messages {
                let body = Array(message.frame.dropFirst(4))
                for change in [body.dropLast(), body[...] + [0]] where !change.isEmpty {
                    var wire = WireReader(Array(change))
                    let changed = try? Message(from: &wire)
                    // Data goes on to the message's end: there, less is another message.
                    if let changed, (try? wire.finish()) != nil { #expect(changed != message) }
                }
            }
        }
        expectRefusals(hostMessages)
        expectRefusals(guestMessages)
    }

    @Test func lengthsAreRefusedBeforeTheirBytesCome() {
        var guest = MessageDecoder<GuestMessage>()
        guest.append([0xff, 0xff, 0xff, 0xff])
        #expect(throws: WireError.tooLong(0xffff_ffff, limit: AgentLimits.guestFrame)) { try guest.next() }
        // And nothing more is to be had.
        guest.append(GuestMessage.configured.frame)
        #expect(throws: WireError.self) { try guest.next() }
        var empty = MessageDecoder<GuestMessage>()
        empty.append([0, 0, 0, 0])
        #expect(throws: WireError.invalid("length")) { try empty.next() }
    }

    @Test(
        arguments: [
            // An unknown tag; a truth value of 2; a stream 3; data that is too long; a string that is no UTF-8.
            [99], [9, 0, 0, 0, 0, 1, 0, 2], [5, 0, 0, 0, 0, 3, 1],
            [5, 0, 0, 0, 0, 1] + [UInt8](repeating: 1, count: 64 * 1024 + 1), [17, 2, 0, 0, 0, 0xc3, 0x28],
            // Statistics: more than there are, and an unknown one. Processes: more than are allowed, and than are there.
            [10, 0, 0, 0, 0, 200, 0, 0, 0], [10, 0, 0, 0, 0, 1, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 0],
            [11, 0, 0, 0, 0, 255, 255, 0, 0], [11, 0, 0, 0, 0, 5, 0, 0, 0],
        ] as [[UInt8]])
    func bodiesThatMakeNoSenseAreRefused(body: [UInt8]) {
        var decoder = MessageDecoder<GuestMessage>()
        decoder.append((0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body)
        #expect(throws: WireError.self) { try decoder.next() }
    }

    @Test func signalsAreThoseOfLinux() {
        for number in [UInt8(0), 65, 255] {
            var decoder = MessageDecoder<HostMessage>()
            decoder.append(HostMessage.signal(process: 0, number: number, toAll: false).frame)
            #expect(throws: WireError.self) { try decoder.next() }
        }
    }

    @Test func longTextsAreCutAtACharacter() throws {
        var decoder = MessageDecoder<GuestMessage>()
        decoder.append(GuestMessage.log("x" + String(repeating: "é", count: 4000)).frame)
        guard case .log(let text) = try decoder.next() else {
            Issue.record("no log")
            return
        }
        #expect(text.utf8.count == AgentLimits.text - 1)
        #expect(text.hasSuffix("é"))
        #expect("abc".cut(to: 3) == "abc")
        #expect("ab€".cut(to: 4) == "ab")
    }

    @Test func theLongestListOfProcessesFitsInAFrame() throws {
        let process = GuestProcess(
            user: 0, pid: 1, parent: 0, cpuTicks: 0, startTicks: 0, terminal: 0,
            command: String(repeating: "c", count: 5000))
        let message = GuestMessage.processes(request: 1, Array(repeating: process, count: 5000))
        #expect(message.frame.count <= AgentLimits.guestFrame + 4)
        var decoder = MessageDecoder<GuestMessage>()
        decoder.append(message.frame)
        guard case .processes(_, let processes) = try decoder.next() else {
            Issue.record("no list")
            return
        }
        #expect(processes.count == AgentLimits.processes)
    }

    @Test func creditIsGivenAsBytesAreTaken() {
        var sender = SendCredit()
        var receiver = ReceiveCredit()
        var underway = 0
        for _ in 0..<100 {
            let count = sender.allowed(1 << 20)
            sender.spend(count)
            let isWithin = receiver.receive(count)
            #expect(isWithin)
            underway += count
            if let granted = receiver.take(count) {
                sender.grant(granted)
                underway -= Int(granted)
            }
            #expect(underway <= Int(AgentLimits.wideWindow))
        }
        #expect(sender.available > 0)
    }

    @Test func theWindowBecomesWideForWhoSendsMuch() {
        var sender = SendCredit()
        var receiver = ReceiveCredit()
        var underway = 0
        func fill() {
            while sender.available > 0 {
                let count = sender.allowed(Int.max)
                sender.spend(count)
                let isWithin = receiver.receive(count)
                #expect(isWithin)
                underway += count
            }
        }
        fill()
        #expect(underway == Int(AgentLimits.window))
        let isBeyond = receiver.receive(1)
        #expect(!isBeyond)
        let little = receiver.take(1000)
        #expect(little == nil)
        sender.grant(receiver.take(AgentLimits.data) ?? 0)
        underway -= AgentLimits.data + 1000
        fill()
        #expect(underway == Int(AgentLimits.wideWindow))
    }

    @Test func creditThatWasNotGivenIsNotThere() {
        var receiver = ReceiveCredit()
        let isWithin = receiver.receive(Int(AgentLimits.window))
        let isBeyond = receiver.receive(1)
        #expect(isWithin && !isBeyond)
        var sender = SendCredit()
        sender.spend(sender.allowed(10))
        sender.grant(UInt32.max)
        #expect(sender.available == AgentLimits.wideWindow)
    }
}
