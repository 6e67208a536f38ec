import Glibc
import LinuxSystem
import Testing

/// A guest that the tests boot: a kernel of Kernels/build, and a disk with one program on it (Guest).
enum Guest {
    /// The kernel; nil where none was built.
    static let kernel: String? = {
        if let given = Environment.variable("HULL_KERNEL") { return given }
        let path = (try? tool("bash", "Kernels/build", "--path"))?.output
        return path.flatMap { access($0, R_OK) == 0 ? $0 : nil }
    }()

    /// Whether there is a KVM and a kernel; a reason is printed where not.
    static let isAvailable: Bool = {
        if access("/dev/kvm", R_OK | W_OK) != 0 {
            print("no tests of machines: /dev/kvm is missing or not permitted")
            return false
        }
        if kernel == nil {
            print("no tests of machines: no kernel, `make kernel` builds it")
            return false
        }
        return true
    }()

    /// The kind of the host's KVM, `hardware` or `software`; empty where there is none that can be used.
    static let kvm: String = (try? tool("bash", "-c", "exec \(Environment.executables)/hull-vmm --probe"))?.output ?? ""

    /// The disk, made once.
    static let disk: String = {
        let directory = Environment.shared + "/guest"
        do {
            if access(directory + ".erofs", R_OK) == 0 { return directory + ".erofs" }
            for name in ["", "/dev", "/proc"] { mkdir(directory + name, 0o755) }
            let source = #filePath.split(separator: "/").dropLast().joined(separator: "/")
            try tool(
                "gcc", "-static", "-O2", "-mavx2", "-o", "\(directory)/init",
                "/\(source)/Guest/guest.c",
                "/\(source)/Guest/processors.c")
            try tool("mkfs.erofs", directory + ".erofs", directory)
        } catch {
            Issue.record("the guest's disk: \(error)")
        }
        return directory + ".erofs"
    }()

    /// Starts a machine whose first program does what `words` name.
    ///
    /// - Parameters:
    ///   - options: further options of hull-vmm; descriptors from 5 on are those of `files`.
    ///   - files: redirections of a shell, such as `5<>path`.
    static func start(
        _ words: String, options: String = "", files: String = "", memory: Int = 128
    ) throws -> Child {
        let kernel = try #require(Self.kernel)
        let line = "console=hvc0 quiet root=/dev/vda rootfstype=erofs init=/init panic=-1 -- \(words)"
        let script = """
            exec \(Environment.executables)/hull-vmm --kernel 3 --disk 4:ro --memory \(memory) \(options) \
            --append '\(line)' 3<\(kernel) 4<\(disk) \(files)
            """
        return try Child([try program("bash"), "-c", script], environment: [:])
    }

    /// Runs one to its end.
    static func run(
        _ words: String, options: String = "", files: String = "", memory: Int = 128
    ) throws -> Outcome {
        try start(words, options: options, files: files, memory: memory).finish(seconds: 120)
    }
}

/// Runs a test with a Hull that knows the kernels of which the guest's is one.
func withMachines(
    busybox: Bool = true, sourceLocation: SourceLocation = #_sourceLocation, _ body: (Hull) throws -> Void
) throws {
    let kernel = try #require(Guest.kernel)
    try withHull(busybox: busybox, sourceLocation: sourceLocation) { hull in
        hull.environment["HULL_KERNELS"] = "/" + kernel.split(separator: "/").dropLast(2).joined(separator: "/")
        try body(hull)
    }
}
