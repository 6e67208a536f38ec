import Glibc
import LinuxSystem

/// What a short command wrote and how it ended.
struct CommandOutput {
    var status: CInt
    /// Standard output.
    var output: String
    /// Standard error.
    var errors: String

    /// The most bytes that are kept of each stream.
    private static let limit = 1 << 20

    /// Runs a command to its end, without input and out of reach of the terminal's keys.
    static func of(_ path: String, _ arguments: [String]) throws -> CommandOutput {
        let outputPipe = try Pipe()
        let errorPipe = try Pipe()
        let nothing = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        let child = try ChildProgram.spawn(
            path, arguments,
            descriptors: [(0, nothing.number), (1, outputPipe.write.number), (2, errorPipe.write.number)],
            ownGroup: true)
        OwnedDescriptor.close(outputPipe.write)
        OwnedDescriptor.close(errorPipe.write)
        var texts: [[UInt8]] = [[], []]
        var open = [outputPipe.read.number, errorPipe.read.number]
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while open.contains(where: { $0 >= 0 }) {
            var set = PollSet()
            for descriptor in open { set.add(descriptor, CInt(POLLIN)) }
            guard try set.wait() else { continue }
            for index in open.indices where set.isReady(index) {
                // The buffer is as long as the count says.
                let count = unsafe read(open[index], &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 {
                    open[index] = -1
                } else if texts[index].count < limit {
                    texts[index] += buffer[..<count]
                }
            }
        }
        _ = consume nothing
        return CommandOutput(
            status: try child.wait(), output: String(decoding: texts[0], as: UTF8.self),
            errors: String(decoding: texts[1], as: UTF8.self))
    }

    /// Runs a command that must succeed.
    static func expect(_ path: String, _ arguments: [String]) throws {
        let output = try of(path, arguments)
        guard output.status == 0 else { throw PeerFailure(description: "\(path): \(output.complaint)") }
    }

    /// The first line of standard output.
    var firstLine: String { output.split(separator: "\n").first.map(String.init) ?? "" }
}

extension CommandOutput {
    /// What it said of its failure.
    var complaint: String { Complaint.last(in: errors, status: Int(status)) }
}

/// What a program says of its failure: the last line that it wrote, without our own name before it.
enum Complaint {
    static func last(in errors: String, status: Int) -> String {
        guard let line = errors.split(separator: "\n").last else { return "status \(status) without a word" }
        return String(line.hasPrefix("hull: ") ? line.dropFirst("hull: ".count) : line)
    }
}
