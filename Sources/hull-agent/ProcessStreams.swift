import AgentProtocol
import ContainerRuntime
import Glibc
import LinuxSystem

/// A process without terminal, whose ends of the pipes are held here until it has copies of them.
struct ProcessStreams: ~Copyable {
    private let stdin: OwnedDescriptor
    private let stdout: OwnedDescriptor
    private let stderr: OwnedDescriptor
    /// The process, with our ends.
    let process: ManagedProcess

    /// Makes the pipes; without input the process reads from /dev/null.
    init(number: UInt32, hasInput: Bool) throws(SystemError) {
        let output = try Pipe()
        let errors = try Pipe()
        try output.read.setNonBlocking()
        try errors.read.setNonBlocking()
        var input: InputPump?
        if hasInput {
            let pipe = try Pipe()
            try pipe.write.setNonBlocking()
            stdin = pipe.read
            input = InputPump(pipe.write, isTerminal: false)
        } else {
            stdin = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        }
        stdout = output.write
        stderr = errors.write
        process = ManagedProcess(number: number, stdout: output.read, stderr: errors.read, input: input)
    }

    /// The process's ends.
    var standard: StandardStreams {
        StandardStreams(stdin: stdin.number, stdout: stdout.number, stderr: stderr.number)
    }
}
