import CommandLineOptions
import OCISpec

/// What the workload may do.
public struct SecurityOptions: Sendable, Equatable {
    /// Capabilities that are added, by full names; `ALL` for all.
    public var addedCapabilities: [String] = []
    /// Capabilities that are dropped, by full names; `ALL` for all.
    public var droppedCapabilities: [String] = []
    /// The filter of system calls.
    public var seccomp: Filter = .standard
    /// Whether execve grants no privileges.
    public var noNewPrivileges = false
    /// Whether nothing is masked or read-only in /proc and /sys.
    public var unconfinedPaths = false
    /// An AppArmor profile.
    public var apparmorProfile: String?
    /// Whether it has everything.
    public var privileged = false
    /// Kernel parameters of the container's namespaces.
    public var sysctls: [String: String] = [:]

    /// Makes the defaults.
    public init() {}

    /// A filter of system calls.
    public enum Filter: Sendable, Equatable {
        /// Hull's own profile.
        case standard
        /// None.
        case unconfined
        /// A profile in moby's JSON form.
        case file(String)
    }

    /// Docker's fourteen: what ordinary images need as root.
    static let defaultCapabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
        "CAP_AUDIT_WRITE",
    ]

    mutating func read(_ arguments: Arguments, _ surroundings: Surroundings) throws {
        addedCapabilities += try arguments.allParsed("--cap-add", Self.capability)
        droppedCapabilities += try arguments.allParsed("--cap-drop", Self.capability)
        privileged = arguments.has("--privileged")
        for text in arguments.values("--security-opt") {
            try Arguments.parse(text, of: "--security-opt") { text throws(Unacceptable) in
                try take(text, surroundings)
            }
        }
        for (name, value) in try arguments.allParsed("--sysctl", Self.sysctl) { sysctls[name] = value }
    }

    static func capability(_ text: String) throws(Unacceptable) -> String {
        if text.uppercased() == "ALL" { return "ALL" }
        guard let name = CapabilityNames.canonical(text) else { throw "there is no such capability" }
        return name
    }

    private mutating func take(_ text: String, _ surroundings: Surroundings) throws(Unacceptable) {
        // Docker took a colon before it took the equals sign.
        let end = text.firstIndex { $0 == "=" || $0 == ":" } ?? text.endIndex
        let value = end == text.endIndex ? nil : String(text[text.index(after: end)...])
        switch (text[..<end], value) {
        case ("no-new-privileges", _): noNewPrivileges = try Quantity.flag(value ?? "true")
        case ("seccomp", "unconfined"?): seccomp = .unconfined
        case ("seccomp", "builtin"?), ("seccomp", "default"?): seccomp = .standard
        case ("seccomp", let path?) where !path.isEmpty:
            let absolute = path.hasPrefix("/") ? path : surroundings.workingDirectory + "/" + path
            seccomp = .file(absolute)
        case ("systempaths", "unconfined"?): unconfinedPaths = true
        case ("apparmor", let profile?) where !profile.isEmpty: apparmorProfile = profile
        case ("label", _): break  // Meaningless without SELinux, which Hull does not set up.
        default: throw "seccomp=FILE|unconfined, no-new-privileges, systempaths=unconfined are known"
        }
    }

    /// The capabilities that the options leave of the default ones, in the order of their numbers.
    ///
    /// - Parameter all: what `ALL` means: all that can be given on this host.
    func capabilities(all: [String]) -> [String] {
        if privileged { return all }
        let dropsAll = droppedCapabilities.contains("ALL")
        let addsAll = addedCapabilities.contains("ALL")
        // As in Docker, adding wins over dropping ALL, and dropping one wins over adding it.
        return CapabilityNames.all.filter { name in
            if droppedCapabilities.contains(name) { return false }
            return addedCapabilities.contains(name) || (addsAll && all.contains(name))
                || (!dropsAll && Self.defaultCapabilities.contains(name))
        }
    }

    /// `net.ipv4.ip_forward=1`, also with slashes; a name that stays below /proc/sys.
    static func sysctl(_ text: String) throws(Unacceptable) -> (String, String) {
        let (name, value) = try Quantity.pair(text)
        let parts = name.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }
        let fine = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == 0x2D || byte == 0x5F
                }
        }
        guard fine, parts.count >= 2 else { throw "it should be a name such as net.core.somaxconn" }
        if value.contains("\n") { throw "a value is one line" }
        return (name.contains("/") ? name.split(separator: "/").joined(separator: ".") : name, value)
    }

    private static let ipcParameters: Set<String> = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced",
    ]

    /// Only parameters of namespaces that the container has for itself: the others are the host's.
    func checkSysctls(
        network: NetworkOptions.Mode, ipc: NamespaceOptions.Sharing, uts: NamespaceOptions.Sharing
    ) throws(InvalidOption) {
        for (name, value) in sysctls.sorted(by: { $0.key < $1.key }) {
            let reason: String?
            if name.hasPrefix("net.") {
                reason = network == .host ? "it is the host's with --network=host" : nil
            } else if Self.ipcParameters.contains(name) || name.hasPrefix("fs.mqueue.") {
                reason = ipc == .own ? nil : "it is not the container's own with this --ipc"
            } else if name == "kernel.domainname" {
                reason = uts == .own ? nil : "it is the host's with --uts=host"
            } else {
                reason = "it is the host's: only net.*, fs.mqueue.* and those of System V IPC are a container's own"
            }
            if let reason { throw InvalidOption(option: "--sysctl", value: "\(name)=\(value)", reason: reason) }
        }
    }
}
