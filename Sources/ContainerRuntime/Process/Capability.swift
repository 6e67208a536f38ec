import OCISpec

/// The capabilities of Linux (capabilities(7); numbers of `linux/capability.h`).
enum Capability {
    /// Names by number.
    static let names: [String] = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]

    /// The number of a name.
    static func number(_ name: String) -> Int? { names.firstIndex(of: name) }

    /// The bits of a set of names.
    ///
    /// - Parameter place: where in the specification the names are, for the message.
    static func bits(_ names: [String]?, at place: String) throws(RuntimeError) -> UInt64 {
        var bits: UInt64 = 0
        for name in names ?? [] {
            guard let number = number(name) else {
                throw .invalid(at: place, reason: "there is no capability \"\(printable(name))\"")
            }
            bits |= 1 << UInt64(number)
        }
        return bits
    }
}

/// The five sets as bits.
struct CapabilitySets: Equatable {
    var bounding: UInt64
    var effective: UInt64
    var inheritable: UInt64
    var permitted: UInt64
    var ambient: UInt64

    /// Reads the names.
    init(_ spec: Spec.Capabilities) throws(RuntimeError) {
        let place = "process.capabilities."
        bounding = try Capability.bits(spec.bounding, at: place + "bounding")
        effective = try Capability.bits(spec.effective, at: place + "effective")
        inheritable = try Capability.bits(spec.inheritable, at: place + "inheritable")
        permitted = try Capability.bits(spec.permitted, at: place + "permitted")
        ambient = try Capability.bits(spec.ambient, at: place + "ambient")
        // The kernel refuses these (capabilities(7)); say so before anything is made.
        guard effective & ~permitted == 0 else {
            throw .invalid(at: place + "effective", reason: "holds capabilities that are not in permitted")
        }
        guard ambient & ~(permitted & inheritable) == 0 else {
            throw .invalid(
                at: place + "ambient", reason: "holds capabilities that are not in both permitted and inheritable")
        }
    }

    /// The same capabilities in all sets but the ambient one.
    init(all bits: UInt64) {
        (bounding, effective, inheritable, permitted, ambient) = (bits, bits, 0, bits, 0)
    }
}

/// Text from a configuration for a message: on one line, and not without end.
func printable(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(200) {
        shown.unicodeScalars.append(scalar.value < 32 || scalar.value == 127 ? "?" : scalar)
    }
    return shown
}
