import CommandLineOptions

/// What `run` and `create` were asked for that only a micro-VM has.
public struct MachineRequest: Codable, Equatable, Sendable {
    /// The kernel, absolute; the configuration's or the one that was built without it.
    public var kernel: String?
    /// Further words of the kernel's command line.
    public var kernelArguments: [String] = []
    /// The bytes of a disk for the workload's changes; they stay in memory without it.
    public var storageSize: Int64?
    /// Whether it is booted at each start; nil where it goes on from a template.
    public var startsCold: Bool?

    /// Makes one of nothing.
    public init() {}

    /// Reads the options; nil where there are none.
    init?(_ arguments: Arguments, _ workingDirectory: String) throws {
        try readKernel(arguments, workingDirectory)
        storageSize = try arguments.parsed("--storage-size") { text throws(Unacceptable) in
            let size = try Quantity.bytes(text)
            guard (ScratchDisk.minimumSize...ScratchDisk.maximumSize).contains(size) else {
                throw "it should be from 64m to 16t"
            }
            // Whole blocks.
            return (size + 4095) / 4096 * 4096
        }
        startsCold = arguments.has("--cold") ? true : nil
        if self == MachineRequest() { return nil }
    }

    /// Reads `--kernel` and `--kernel-arg`.
    mutating func readKernel(_ arguments: Arguments, _ workingDirectory: String) throws {
        kernel = try arguments.parsed("--kernel") { text throws(Unacceptable) in
            if text.isEmpty { throw "it should be a file" }
            return text.hasPrefix("/") ? text : workingDirectory + "/" + text
        }
        kernelArguments = try arguments.allParsed("--kernel-arg", Self.kernelArgument)
    }

    /// One of the options that were given.
    var option: String? {
        if kernel != nil { return "--kernel" }
        if !kernelArguments.isEmpty { return "--kernel-arg" }
        if storageSize != nil { return "--storage-size" }
        return startsCold == nil ? nil : "--cold"
    }

    /// A word for the kernel.
    private static func kernelArgument(_ text: String) throws(Unacceptable) -> String {
        guard !text.isEmpty, text.utf8.count <= 1024, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw "it should be one word, as name=value"
        }
        return text
    }
}
