import LinuxSystem

/// What the parent asks of this process. All files are descriptors that it opened: the process opens none but `/dev/kvm`,
/// and that only where it was not handed in.
struct Options {
    /// A disk.
    struct Disk {
        /// nil: a place that is empty until the machine is copied.
        var file: Int32?
        var isReadOnly: Bool
    }

    var kvm: Int32?
    var kernel: Int32?
    /// The two files of a snapshot that the machine goes on from, in place of a kernel.
    var state: Int32?
    var memoryFile: Int32?
    /// A socket by which the parent has the machine stand still and copied.
    var control: Int32?
    var initialFileSystem: Int32?
    var console: Int32 = 2
    /// A descriptor whose other end is the parent's: its end ends the machine.
    var lifeline: Int32?
    /// Where moments and, at the end, counters are told.
    var trace = MeasurementTrace(-1)
    /// Bytes.
    var memory: UInt64 = 256 << 20
    var processors = 1
    var disks: [Disk] = []
    /// The guest's address for sockets; nil: it has none.
    var socketAddress: UInt32?
    /// A Unix socket that listens for programs of the host which want a port of the guest.
    var socketListener: Int32?
    /// Connected sockets for ports of the host that the guest connects to.
    var socketPorts: [(port: UInt32, file: Int32)] = []
    /// Whether the guest can give memory back.
    var hasBalloon = false
    var commandLine = ""
    /// The user and group that the process becomes where root starts it; nobody's unless it is named.
    var user: UInt32 = 65534
    /// What is open for as long as the user is this process's own.
    var userLock: Int32?
    /// Whether the process is in namespaces of its own already.
    var isInside = false
    /// The word by which it is told so, by who made them: its parent, or itself.
    static let inside = "--inside"
    /// Whether counters are printed at the end.
    var statistics = false
    /// Whether only the kind of the host's KVM is asked for.
    var probes = false

    static let usage = """
        usage: hull-vmm --kernel FD [OPTION…]
               hull-vmm --restore FD --memory-file FD [OPTION…]
               hull-vmm --probe [--kvm FD]     prints the kind of the host's KVM: hardware or software
          --kernel FD            the kernel, an ELF vmlinux
          --restore FD           a snapshot's state; the devices are to be the same and in the same order
          --memory-file FD       the snapshot's memory
          --control FD           a socket of packets by which the machine is paused and copied
          --initramfs FD         an initial file system, not compressed
          --memory MEGABYTES     memory of the guest (256)
          --cpus NUMBER          processors of the guest (1)
          --append TEXT          more for the kernel's command line
          --disk FD[:ro]         a disk, in the order vda, vdb, …; none[:ro]: a place for one that comes with --restore
          --vsock CID            sockets between guest and host; the guest's address, from 3 on
          --vsock-listener FD    a listening Unix socket for programs that want a port of the guest
          --vsock-port PORT:FD   a connected socket for the guest's connection to a port of the host
          --balloon              the guest gives memory back that it does not use
          --console FD           where the kernel's messages go (2)
          --lifeline FD          the machine ends when the other end is closed
          --inside               the process is the first of namespaces of its own already (OwnNamespaces); otherwise it makes
                                 them, and a second process waits for the one in them
          --user NUMBER[:FD]     the user and group to become where root starts it (65534); what is kept open meanwhile
          --kvm FD               /dev/kvm, already open
          --trace FD             where moments and, at the end, counters are told as JSON lines
          --statistics           print counters at the end
        """

    /// All descriptors that were named, and the three streams.
    var descriptors: [Int32] {
        let single = [
            kvm, kernel, state, memoryFile, control, initialFileSystem, console, lifeline, socketListener, userLock,
            trace.descriptor < 0 ? nil : trace.descriptor,
        ]
        return [0, 1, 2] + (single + disks.map(\.file)).compactMap { $0 } + socketPorts.map(\.file)
    }

    /// Parses the command line, or says what is wrong with it.
    init(_ arguments: [String]) throws(OptionError) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == Self.inside {
                isInside = true
                continue
            }
            if setFlag(name) { continue }
            guard let value = rest.popFirst() else { throw OptionError(text: "\(name) needs a value") }
            try set(name, value)
        }
        if probes { return }
        guard (kernel == nil) == (state != nil), (state == nil) == (memoryFile == nil) else {
            throw OptionError(text: "either --kernel FD or --restore FD with --memory-file FD is needed")
        }
    }

    /// - Returns: whether it is an option without a value.
    private mutating func setFlag(_ name: String) -> Bool {
        switch name {
        case "--statistics": statistics = true
        case "--probe": probes = true
        case "--balloon": hasBalloon = true
        default: return false
        }
        return true
    }

    private mutating func set(_ name: String, _ value: String) throws(OptionError) {
        switch name {
        case "--kvm": kvm = try Self.descriptor(name, value)
        case "--kernel": kernel = try Self.descriptor(name, value)
        case "--restore": state = try Self.descriptor(name, value)
        case "--memory-file": memoryFile = try Self.descriptor(name, value)
        case "--control": control = try Self.descriptor(name, value)
        case "--initramfs": initialFileSystem = try Self.descriptor(name, value)
        case "--console": console = try Self.descriptor(name, value)
        case "--trace": trace = MeasurementTrace(try Self.descriptor(name, value))
        case "--lifeline": lifeline = try Self.descriptor(name, value)
        case "--vsock-listener": socketListener = try Self.descriptor(name, value)
        case "--user":
            let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let number = UInt32(parts[0]), number > 0, number < .max else {
                throw OptionError(text: "--user \(value): not a user's number from 1 on")
            }
            user = number
            userLock = parts.count == 2 ? try Self.descriptor(name, String(parts[1])) : nil
        case "--append": commandLine = value
        case "--cpus":
            guard let number = Int(value), number >= 1 else {
                throw OptionError(text: "--cpus \(value): not a number of processors")
            }
            processors = number
        case "--memory":
            guard let megabytes = UInt64(value), megabytes <= 1 << 20 else {
                throw OptionError(text: "--memory \(value): not a number of megabytes, 1048576 at most")
            }
            memory = megabytes << 20
        case "--disk":
            let isReadOnly = value.hasSuffix(":ro")
            let number = isReadOnly ? String(value.dropLast(3)) : value
            disks.append(
                Disk(file: number == "none" ? nil : try Self.descriptor(name, number), isReadOnly: isReadOnly))
        case "--vsock":
            guard let address = UInt32(value), address >= 3, address < .max else {
                throw OptionError(text: "--vsock \(value): not an address from 3 on")
            }
            socketAddress = address
        case "--vsock-port":
            let parts = value.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let port = UInt32(parts[0]) else {
                throw OptionError(text: "--vsock-port \(value): not PORT:FD")
            }
            socketPorts.append((port, try Self.descriptor(name, String(parts[1]))))
        default: throw OptionError(text: "\(name): unknown option\n\(Self.usage)")
        }
    }

    private static func descriptor(_ name: String, _ value: String) throws(OptionError) -> Int32 {
        guard let number = Int32(value), number >= 0 else {
            throw OptionError(text: "\(name) \(value): not a descriptor's number")
        }
        return number
    }
}

/// What is wrong with the command line.
struct OptionError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
