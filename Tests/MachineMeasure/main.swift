import CLinux
import Glibc
import JSON
import LinuxSystem

// Measures one start of a machine monitor, Hull's or another, for Tests/Benchmarks: from the start of its process until its
// guest gives a sign, and what it has in memory and has used by then. Prints one JSON object and ends the monitor.
//
// usage: machine-measure agent|TEXT KB[,KB…] COMMAND…
//        agent    the sign is the first byte on descriptor 9, the socket for hull-vmm's --vsock-port
//        TEXT     the sign is this text on the standard output or error
//        KB       the sizes of the guest's memory regions, by which they are told from the monitor's own
//        COMMAND  gets descriptor 8 for hull-vmm's --lifeline

/// The longest wait for the sign, in milliseconds: emulated hosts are slow.
let patience: Int64 = 120_000
/// Where the command finds its descriptors.
let (lifelineNumber, agentNumber): (CInt, CInt) = (8, 9)

/// A start of a monitor that is under way.
struct Start: ~Copyable {
    let begin: Int64
    let program: ChildProgram
    private var lifeline: OwnedDescriptor?
    private let agent: OwnedDescriptor
    private let output: OwnedDescriptor
    private var said: [UInt8] = []

    static func of(_ command: [String]) throws -> Start {
        let lifeline = try Pipe()
        let output = try Pipe()
        let agent = try LocalSocket.Pair(.stream)
        guard let path = command[0].contains("/") ? command[0] : ChildProgram.find(command[0]) else {
            throw SystemError("execve", command[0], number: ENOENT)
        }
        try output.read.setNonBlocking()
        let begin = monotonicNow()
        let program = try ChildProgram.spawn(
            path, Array(command.dropFirst()),
            descriptors: [
                (1, output.write.number), (2, output.write.number), (lifelineNumber, lifeline.read.number),
                (agentNumber, agent.second.number),
            ])
        return Start(begin, program, lifeline: lifeline.write, agent: agent.first, output: output.read)
    }

    private init(
        _ begin: Int64, _ program: ChildProgram, lifeline: consuming OwnedDescriptor,
        agent: consuming OwnedDescriptor, output: consuming OwnedDescriptor
    ) {
        self.begin = begin
        self.program = program
        self.lifeline = consume lifeline
        self.agent = agent
        self.output = output
    }

    /// Waits for the guest's sign.
    ///
    /// - Returns: when it came.
    mutating func sign(_ text: String) throws -> Int64 {
        while monotonicNow() - begin < patience * 1_000_000 {
            var set = PollSet()
            set.add(output.number, CInt(POLLIN))
            let place = set.add(text == "agent" ? agent.number : -1, CInt(POLLIN))
            _ = try set.wait(timeout: 1000)
            let now = monotonicNow()
            if set.isReady(place) { return now }
            read()
            if text != "agent", String(decoding: said, as: UTF8.self).contains(text) { return now }
        }
        kill(program.process, SIGKILL)
        let words = String(decoding: said, as: UTF8.self)
        throw SystemError("waiting", "the guest's sign '\(text)': \(words)", number: ETIME)
    }

    private mutating func read() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // The buffer has the room that is named.
            let count = unsafe Glibc.read(output.number, &buffer, buffer.count)
            if count <= 0 { return }
            said += buffer[..<count]
        }
    }

    /// Ends the monitor.
    ///
    /// - Returns: what it has said.
    mutating func finish() throws -> String {
        // hull-vmm ends with its lifeline, others are asked by a signal.
        lifeline = nil
        var set = PollSet()
        let descriptor = OwnedDescriptor(owning: try systemCall("pidfd_open") { linux_pidfd_open(program.process, 0) })
        set.add(descriptor.number, CInt(POLLIN))
        if try !set.wait(timeout: 3000) {
            kill(program.process, SIGTERM)
            if try !set.wait(timeout: 3000) { kill(program.process, SIGKILL) }
        }
        _ = try program.wait()
        read()
        return String(decoding: said, as: UTF8.self)
    }
}

/// What the processes of a monitor have and have used.
struct Usage {
    /// Kilobytes of the guest's memory that are there.
    var guest = 0
    /// Kilobytes of everything else: resident, and with what is shared split among those who share it.
    var (resident, proportional) = (0, 0)
    /// Nanoseconds of processor time of all threads.
    var processorTime: Int64 = 0
    /// What KVM counted of the guests, where its debug files are mounted: exits for any reason, and of each kind.
    var counters: [String: Int64] = [:]

    /// Adds a process and those that it has started.
    mutating func add(_ process: pid_t, guestSizes: Set<Int>) throws {
        addMemory(try lines("/proc/\(process)/smaps"), guestSizes)
        for thread in try WholeFile.names(in: "/proc/\(process)/task") {
            // proc_schedstat: time on a processor, in nanoseconds, is the first number.
            let numbers = try lines("/proc/\(process)/task/\(thread)/schedstat").first?.split(separator: " ")
            processorTime += numbers?.first.flatMap { Int64($0) } ?? 0
            for child in try lines("/proc/\(process)/task/\(thread)/children").flatMap({ $0.split(separator: " ") }) {
                if let child = pid_t(child) { try add(child, guestSizes: guestSizes) }
            }
        }
        let files = "/sys/kernel/debug/kvm"
        for machine in (try? WholeFile.names(in: files)) ?? [] where machine.hasPrefix("\(process)-") {
            for counter in try WholeFile.names(in: "\(files)/\(machine)") {
                // Directories are those of single processors; a file of one number is the sum of all.
                guard let value = (try? lines("\(files)/\(machine)/\(counter)"))?.first.flatMap({ Int64($0) }) else {
                    continue
                }
                counters[counter, default: 0] += value
            }
        }
    }

    private mutating func addMemory(_ lines: [Substring], _ guestSizes: Set<Int>) {
        var isGuest = false
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count >= 2, let value = Int(words[1]) else { continue }
            switch words[0] {
            case "Size:": isGuest = guestSizes.contains(value)
            case "Rss:": if isGuest { guest += value } else { resident += value }
            case "Pss:" where !isGuest: proportional += value
            default: break
            }
        }
    }

    private func lines(_ path: String) throws -> [Substring] {
        String(decoding: try WholeFile.read(path) ?? [], as: UTF8.self).split(separator: "\n")
    }
}

/// Nanoseconds of CLOCK_MONOTONIC.
func monotonicNow() -> Int64 {
    var now = timespec()
    // The structure is ours.
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// What `hull-vmm --statistics` says of a thing: `NAME: a 1, b 2`.
func list(_ name: String, _ text: String) -> JSONValue {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name): ") }) else { return .null }
    let entries = line.dropFirst(name.count + 2).split(separator: ",").compactMap { entry -> JSONObject.Member? in
        let words = entry.split(separator: " ")
        guard let last = words.last, let number = Int64(last) else { return nil }
        return JSONObject.Member(key: words.dropLast().joined(separator: " "), value: .integer(number))
    }
    return .object(JSONObject(entries))
}

/// Measures one start.
func measure(_ sign: String, _ sizes: String, _ command: [String]) throws -> JSONValue {
    var start = try Start.of(command)
    let ready = try start.sign(sign)
    var usage = Usage()
    try usage.add(start.program.process, guestSizes: Set(sizes.split(separator: ",").compactMap { Int($0) }))
    let said = try start.finish()
    let first = list("first instruction", said)
    var result: [JSONObject.Member] = [
        .init(key: "readyMicroseconds", value: .integer((ready - start.begin) / 1000)),
        .init(key: "processorMicroseconds", value: .integer(usage.processorTime / 1000)),
        .init(key: "guestKilobytes", value: .integer(Int64(usage.guest))),
        .init(key: "residentKilobytes", value: .integer(Int64(usage.resident))),
        .init(key: "proportionalKilobytes", value: .integer(Int64(usage.proportional))),
        .init(key: "kvmExits", value: usage.counters["exits"].map { .integer($0) } ?? .null),
    ]
    if case .integer(let at) = first["at"], case .integer(let time) = first["processor time"] {
        result.append(.init(key: "firstInstructionMicroseconds", value: .integer((at - start.begin) / 1000)))
        result.append(.init(key: "firstInstructionProcessorMicroseconds", value: .integer(time / 1000)))
    }
    for name in ["exits", "exceptions", "instructions", "hypercalls that left", "hypercalls", "kvm"] {
        // Of KVM's counters those at the sign, where they are known.
        if name == "kvm", !usage.counters.isEmpty { continue }
        let value = list(name, said)
        if value != .null { result.append(.init(key: name, value: value)) }
    }
    if !usage.counters.isEmpty {
        let counters = usage.counters.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        let members = counters.map { JSONObject.Member(key: $0.key, value: .integer($0.value)) }
        result.append(.init(key: "kvm", value: .object(JSONObject(members))))
    }
    return .object(JSONObject(result))
}

let arguments = CommandLine.arguments
guard arguments.count > 3 else {
    print("usage: machine-measure agent|TEXT KB[,KB…] COMMAND…")
    exit(2)
}
do {
    print(try measure(arguments[1], arguments[2], Array(arguments[3...])).text())
} catch {
    try? WholeFile.write(Array("machine-measure: \(error)\n".utf8), to: STDERR_FILENO, "standard error")
    exit(1)
}
