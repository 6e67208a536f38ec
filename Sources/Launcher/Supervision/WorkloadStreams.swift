import ContainerRuntime
import Glibc
import LinuxSystem

/// The streams of a workload: the supervisor's ends, and until the workload has started its own.
struct WorkloadStreams: ~Copyable {
    /// What the workload writes.
    private(set) var outputs: [WorkloadOutput] = []
    /// Where its standard input goes; nil where nobody can write to it.
    private(set) var input: WorkloadInput?
    private var theirs: [OwnedDescriptorBox] = []

    /// A descriptor that an array can hold.
    private final class OwnedDescriptorBox {
        let descriptor: OwnedDescriptor
        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }

    /// The streams of a workload without a terminal, as the sandbox takes them.
    var standard: StandardStreams? {
        theirs.count == 3
            ? StandardStreams(
                stdin: theirs[0].descriptor.number, stdout: theirs[1].descriptor.number,
                stderr: theirs[2].descriptor.number) : nil
    }

    /// Makes pipes; a terminal comes from the sandbox.
    init(terminal: Bool, interactive: Bool) throws(SystemError) {
        if terminal { return }
        if interactive {
            let pipe = try Pipe()
            try pipe.write.setNonBlocking()
            input = WorkloadInput(pipe.write)
            theirs.append(OwnedDescriptorBox(pipe.read))
        } else {
            theirs.append(OwnedDescriptorBox(try OwnedDescriptor.open("/dev/null", O_RDONLY)))
        }
        for stream in [LogWriter.Stream.stdout, .stderr] {
            let pipe = try Pipe()
            try pipe.read.setNonBlocking()
            outputs.append(WorkloadOutput(pipe.read, stream))
            theirs.append(OwnedDescriptorBox(pipe.write))
        }
    }

    /// Takes over a terminal's master side.
    mutating func take(terminal: consuming OwnedDescriptor, interactive: Bool) throws(SystemError) {
        try terminal.setNonBlocking()
        if interactive { input = WorkloadInput(try terminal.duplicate()) }
        outputs = [WorkloadOutput(terminal, .stdout)]
    }

    /// Closes the workload's own ends, so that we see when it has closed them.
    mutating func release() { theirs = [] }

    /// The terminal, where there is one and it is open.
    var terminal: CInt? { outputs.first.flatMap { $0.isOpen ? $0.number : nil } }
}
