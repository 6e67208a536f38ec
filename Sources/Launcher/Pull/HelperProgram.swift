import Glibc
import LinuxSystem

/// One of Hull's own programs, run to its end while it tells what it does, one line an event, over a pipe.
struct HelperProgram {
    /// Why the program did not do its work.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The program's name: `hull-registry`.
    let name: String
    /// Where it is, if the configuration says so.
    var path: String?

    /// The number that the pipe has in the program.
    static let eventDescriptor: CInt = 3
    /// The number of a descriptor that the program is given to work with.
    static let givenDescriptor: CInt = 4
    /// The most bytes of one event: an image with some thousand layers has an event of each, not all in one.
    private static let lineLimit = 1 << 20
    /// How long nothing may happen before `idle` is called, in milliseconds.
    private static let idleInterval: CInt = 100

    /// The program's path: as the configuration says, else where Hull's own programs are.
    func find() -> String? { path ?? ChildProgram.find(name, in: ChildProgram.ownDirectories()) }

    /// The path of one of Hull's own programs.
    ///
    /// - Throws: where it is not found, with what to do.
    static func path(_ name: String, _ configuration: Configuration) throws(LaunchError) -> String {
        if let path = HelperProgram(name: name, path: configuration.paths[name]).find() { return path }
        throw LaunchError(missing(name))
    }

    private static func missing(_ name: String) -> String {
        "cannot find \(name) beside hull, in ../libexec/hull or in PATH: install it"
    }

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - descriptor: is open in the program as `givenDescriptor`.
    ///   - line: is called with each line, without its end.
    ///   - idle: is called when nothing has come for a moment, so that what was put off can be drawn.
    /// - Returns: its exit status.
    func run(
        _ arguments: [String], giving descriptor: CInt? = nil, line: ([UInt8]) throws -> Void, idle: () -> Void
    ) throws -> CInt {
        guard let path = find() else { throw Failure(description: Self.missing(name)) }
        var ends: [CInt] = [-1, -1]
        try systemCall("pipe") { unsafe pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = OwnedDescriptor(owning: ends[0])
        let child: ChildProgram
        do {
            // Closed here as soon as the child has it, so that its end is seen.
            let end = OwnedDescriptor(owning: ends[1])
            // Neither of the numbers in the program, which would be put in its place before it is.
            let writing = OwnedDescriptor(
                owning: try systemCall("fcntl", "events") {
                    fcntl(end.number, F_DUPFD_CLOEXEC, Self.givenDescriptor + 1)
                })
            child = try ChildProgram.spawn(
                path, arguments,
                descriptors: (descriptor.map { [(Self.givenDescriptor, $0)] } ?? [])
                    + [(Self.eventDescriptor, writing.number)])
        }
        do {
            try Self.read(reading.number, line, idle)
        } catch {
            kill(child.process, SIGTERM)
            _ = try child.wait()
            throw error
        }
        return try child.wait()
    }

    private static func read(_ descriptor: CInt, _ line: ([UInt8]) throws -> Void, _ idle: () -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var rest: [UInt8] = []
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&entry, 1, idleInterval) == 0 {
                idle()
                continue
            }
            let count = try systemCall("read", "events") {
                // The buffer is as long as the count says.
                unsafe Glibc.read(descriptor, &buffer, buffer.count)
            }
            if count == 0 { return }
            for byte in buffer[..<count] {
                if byte != UInt8(ascii: "\n") {
                    rest.append(byte)
                    if rest.count > lineLimit { throw Failure(description: "an event is longer than a line may be") }
                } else {
                    try line(rest)
                    rest.removeAll(keepingCapacity: true)
                }
            }
        }
    }
}
