import CLinux
import Glibc
import LinuxSystem

/// A program that a test started: with pipes for its three streams, or on a terminal.
final class Child {
    /// What it reads from standard input.
    enum Input {
        /// These bytes, then the end.
        case bytes([UInt8])
        /// What the test sends with `send`, until `closeInput`.
        case open
        /// Nothing: descriptor 0 is closed.
        case closed
    }

    let pid: pid_t
    let command: String
    /// What it has written so far to standard output (or to its terminal) and to standard error.
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []
    private var pending: [UInt8] = []
    private var endsInput = true
    /// The test's ends: standard input, output and errors; -1 where closed.
    private var ends: [CInt] = [-1, -1, -1]
    private var status: CInt?

    /// Starts a program with pipes.
    ///
    /// - Parameters:
    ///   - words: the program's path and its arguments.
    ///   - environment: all of it.
    init(_ words: [String], environment: [String: String], input: Input = .bytes([])) throws {
        command = words.joined(separator: " ")
        var pipes: [[CInt]] = []
        for _ in 0..<3 {
            var pair: [CInt] = [-1, -1]
            try systemCall("pipe2") { linux_pipe2(&pair, O_CLOEXEC) }
            pipes.append(pair)
        }
        pid = try Self.spawn(words, environment) { actions, _ in
            if case .closed = input {
                posix_spawn_file_actions_addclose(&actions, 0)
            } else {
                posix_spawn_file_actions_adddup2(&actions, pipes[0][0], 0)
            }
            posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 1)
            posix_spawn_file_actions_adddup2(&actions, pipes[2][1], 2)
        }
        for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
        ends = [pipes[0][1], pipes[1][0], pipes[2][0]]
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        switch input {
        case .bytes(let bytes): pending = bytes
        case .open: endsInput = false
        case .closed: break
        }
    }

    /// Starts a program in a session of its own whose terminal all its streams are.
    init(_ words: [String], environment: [String: String], terminal: Pseudoterminal) throws {
        command = words.joined(separator: " ")
        pid = try Self.spawn(words, environment) { actions, attributes in
            // A leader of a session without a terminal gets the first that it opens. 0x80: POSIX_SPAWN_SETSID (spawn.h).
            posix_spawnattr_setflags(&attributes, 0x80)
            posix_spawn_file_actions_addopen(&actions, 0, terminal.path, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        }
        ends[1] = fcntl(terminal.master, F_DUPFD_CLOEXEC, 3)
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        for end in ends where end >= 0 { close(end) }
    }

    private static func spawn(
        _ words: [String], _ environment: [String: String],
        _ prepare: (inout posix_spawn_file_actions_t, inout posix_spawnattr_t) -> Void
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        prepare(&actions, &attributes)
        // It starts with all signals as usual: we may have been started to ignore some, and this may be a thread of
        // libdispatch, which blocks them.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags: Int16 = 0
        posix_spawnattr_getflags(&attributes, &flags)
        posix_spawnattr_setflags(&attributes, flags | Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        let number = posix_spawn(&pid, words[0], &actions, &attributes, arguments, variables)
        if number != 0 { throw SystemError("posix_spawn", words[0], number: number) }
        return pid
    }

    /// Gives the program further input.
    func send(_ text: String) {
        if ends[0] >= 0 { pending += Array(text.utf8) } else { write(ends[1], text, text.utf8.count) }
    }

    /// Ends the program's input when all of it is sent.
    func closeInput() { endsInput = true }

    /// Closes the test's end of the program's standard output, as a reader does that has gone.
    func closeOutput() {
        close(ends[1])
        ends[1] = -1
    }

    func signal(_ number: CInt) { kill(pid, number) }

    var hasEnded: Bool {
        if status != nil { return true }
        var waited: CInt = 0
        guard waitpid(pid, &waited, WNOHANG) == pid else { return false }
        status = Outcome.status(waited)
        return true
    }

    /// Passes bytes on both ways for up to 50 ms.
    private func exchange() {
        var polls: [pollfd] = []
        for (index, end) in ends.enumerated() where end >= 0 {
            if index > 0 {
                polls.append(pollfd(fd: end, events: Int16(POLLIN), revents: 0))
            } else if !pending.isEmpty {
                polls.append(pollfd(fd: end, events: Int16(POLLOUT), revents: 0))
            } else if endsInput {
                close(end)
                ends[0] = -1
            }
        }
        _ = poll(&polls, nfds_t(polls.count), 50)
        for entry in polls where entry.revents != 0 {
            if entry.fd == ends[0] {
                let count = write(entry.fd, pending, pending.count)
                if count > 0 {
                    pending.removeFirst(count)
                } else if errno != EAGAIN {
                    pending = []
                    close(entry.fd)
                    ends[0] = -1
                }
                continue
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(entry.fd, &buffer, buffer.count)
            if count > 0 {
                if entry.fd == ends[1] { output += buffer[..<count] } else { errors += buffer[..<count] }
            } else if count == 0 || errno != EAGAIN {
                // A terminal whose last user has gone gives EIO.
                close(entry.fd)
                if entry.fd == ends[1] { ends[1] = -1 } else { ends[2] = -1 }
            }
        }
    }

    /// Waits until a condition holds while input and output go on; false where it does not within `seconds`.
    func wait(seconds: Double, until condition: () -> Bool) -> Bool {
        let end = Clock.now + seconds
        while !condition() {
            if Clock.now > end { return false }
            exchange()
        }
        return true
    }

    /// Waits until a text has been written to standard output or to the terminal.
    func waits(for text: String, seconds: Double = 20) -> Bool {
        wait(seconds: seconds) { String(decoding: output, as: UTF8.self).contains(text) }
    }

    /// Waits for the program's end and the end of its output.
    ///
    /// - Throws: `TooSlow` where that takes longer than `seconds`; the program is then killed.
    func finish(seconds: Double = 60) throws -> Outcome {
        let isDone = wait(seconds: seconds) { hasEnded && ends[1] < 0 && ends[2] < 0 }
        guard isDone, let status else {
            throw TooSlow(
                command: command, what: hasEnded ? "somebody keeps its output open after its end" : "it has not ended",
                output: String(decoding: output.suffix(1000) + errors.suffix(1000), as: UTF8.self))
        }
        return Outcome(command: command, status: status, outputBytes: output, errorBytes: errors)
    }
}

/// A program that took too long.
struct TooSlow: Error, CustomStringConvertible {
    var command: String
    var what: String
    var output: String

    var description: String { "`\(command)`: \(what); so far: \(output.debugDescription)" }
}

/// Seconds of a clock that nobody sets.
enum Clock {
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Waits until a condition holds; false where it does not within `seconds`.
    static func wait(seconds: Double = 10, until condition: () throws -> Bool) rethrows -> Bool {
        let end = now + seconds
        while try !condition() {
            if now > end { return false }
            usleep(10_000)
        }
        return true
    }
}
