import CLinux

/// Instructions before libseccomp's, about system calls that are younger than the library. An image that is newer than
/// the host tries such calls and falls back on older ones when it hears ENOSYS; the EPERM of a profile that cannot know
/// them would be taken for a refusal. And a rule that names one still counts, though libseccomp has no number for it.
struct SeccompPrologue {
    private let defaultAction: SeccompAction
    private let takesX86: Bool
    private var verdicts: [(number: UInt32, value: UInt32)] = []

    /// Every architecture gives the same number to a call that came after this one, which is the last that libseccomp
    /// 2.5.4 knows (kernel, scripts/syscall.tbl).
    static let lastKnown: UInt32 = 450
    static let numbers: [String: UInt32] = [
        "cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455,
        "futex_requeue": 456, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460,
        "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464, "listxattrat": 465,
        "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469,
    ]

    init(defaultAction: SeccompAction, architectures: [String]) {
        self.defaultAction = defaultAction
        takesX86 = architectures.contains("SCMP_ARCH_X86")
    }

    /// Notes a rule about a call that libseccomp does not know. Unknown here too, it stays without effect where the
    /// default is to refuse; where the default is to permit, ignoring it would let through what must not pass.
    mutating func add(
        _ name: String, _ action: SeccompAction, _ value: UInt32, conditional: Bool, at place: String
    ) throws(SeccompError) {
        if let number = Self.numbers[name], !conditional {
            if !verdicts.contains(where: { $0.number == number }) { verdicts.append((number, value)) }
        } else if defaultAction.permits && !action.permits {
            throw .unsupported("\(place): this libseccomp does not know \(name), so it cannot be refused")
        }
    }

    /// The instructions; what is not decided falls through to those that follow.
    var bytes: [UInt8] {
        // A newer libseccomp knows some of these itself; then its rules decide.
        let unknown = defaultAction == .errno
        if verdicts.isEmpty && !unknown { return [] }
        var code = Code()
        let ending = verdicts.count * 2 + (unknown ? 1 : 0)
        code.append(0x20, value: 4)  // A = arch
        if takesX86 {
            code.append(0x15, yes: 1, value: 0xC000_003E)  // AUDIT_ARCH_X86_64
            code.append(0x15, no: UInt8(ending + 3), value: 0x4000_0003)  // AUDIT_ARCH_I386
        } else {
            code.append(0x15, no: UInt8(ending + 3), value: 0xC000_003E)
        }
        code.append(0x20, value: 0)  // A = number
        code.append(0x35, yes: UInt8(ending + 1), value: 0x4000_0000)  // x32 and -1: left alone
        code.append(0x35, no: UInt8(ending), value: Self.lastKnown + 1)
        for verdict in verdicts {
            code.append(0x15, no: 1, value: verdict.number)
            code.append(0x06, value: verdict.value)
        }
        if unknown { code.append(0x06, value: SeccompAction.errno.value(38)) }  // ENOSYS
        return code.bytes
    }

    /// Classic BPF (kernel documentation, networking/filter).
    private struct Code {
        var bytes: [UInt8] = []

        mutating func append(_ code: UInt16, yes: UInt8 = 0, no: UInt8 = 0, value: UInt32) {
            bytes += [UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8), yes, no]
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
            }
        }
    }
}
