import CLinux
import Glibc
import LinuxSystem

/// The eBPF program that decides about devices in cgroup v2 (bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE): it gets the kind of
/// device, the access and the numbers, and returns 1 to allow.
struct DeviceProgram {
    /// Instructions of eight bytes (kernel documentation, bpf/standardization/instruction-set).
    private(set) var bytes: [UInt8] = []

    init(_ rules: DeviceRules) {
        // struct bpf_cgroup_dev_ctx: access << 16 | kind, major, minor.
        append(0x61, to: 2, from: 1, offset: 0)  // r2 = ctx.access_type
        append(0xBC, to: 3, from: 2)  // w3 = w2
        append(0x54, to: 2, value: 0xFFFF)  // w2 &= 0xffff: the kind
        append(0x74, to: 3, value: 16)  // w3 >>= 16: the access
        append(0x61, to: 4, from: 1, offset: 4)  // r4 = major
        append(0x61, to: 5, from: 1, offset: 8)  // r5 = minor
        // The last match counts, so the last rule is asked first.
        for rule in rules.rules.reversed() {
            append(rule)
            // The kernel refuses a program with instructions behind an answer that is always given.
            if rule.matchesAll { return }
        }
        answer(false)
    }

    private mutating func append(_ rule: DeviceRules.Rule) {
        // Jumps go behind this rule: first count, then write.
        var tests: [(code: UInt8, register: UInt8, source: UInt8, value: Int32)] = []
        switch rule.kind {
        case .all: break
        case .block: tests.append((0x55, 2, 0, 1))  // if r2 != BPF_DEVCG_DEV_BLOCK
        case .character: tests.append((0x55, 2, 0, 2))  // if r2 != BPF_DEVCG_DEV_CHAR
        }
        let access: Int32 = (rule.makeNode ? 1 : 0) | (rule.read ? 2 : 0) | (rule.write ? 4 : 0)
        if access != 7 {
            tests.append((0xBC, 1, 3, 0))  // w1 = w3
            tests.append((0x54, 1, 0, access))  // w1 &= access
            // Allowed is only what is wholly in the rule; denied is what touches it.
            tests.append(rule.allow ? (0x5D, 1, 3, 0) : (0x15, 1, 0, 0))
        }
        if let major = rule.major { tests.append((0x55, 4, 0, Int32(bitPattern: major))) }
        if let minor = rule.minor { tests.append((0x55, 5, 0, Int32(bitPattern: minor))) }
        for (index, test) in tests.enumerated() {
            let isJump = test.code & 0x07 == 0x05
            // Past the remaining tests and the two instructions of the answer.
            let offset = isJump ? Int16(tests.count - index - 1 + 2) : 0
            append(test.code, to: test.register, from: test.source, offset: offset, value: test.value)
        }
        answer(rule.allow)
    }

    private mutating func answer(_ allow: Bool) {
        append(0xB7, to: 0, value: allow ? 1 : 0)  // r0 = answer
        append(0x95, to: 0)  // exit
    }

    private mutating func append(
        _ code: UInt8, to register: UInt8, from source: UInt8 = 0, offset: Int16 = 0, value: Int32 = 0
    ) {
        bytes.append(code)
        bytes.append(source << 4 | register)
        bytes += [UInt8(truncatingIfNeeded: offset), UInt8(truncatingIfNeeded: offset >> 8)]
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> Int32(shift))) }
    }

    /// Loads the program and attaches it to a group: in force at once, gone with the group.
    func attach(to directory: String) throws(SystemError) {
        let group = try OwnedDescriptor.open(directory, O_RDONLY | O_DIRECTORY)
        let program = OwnedDescriptor(
            owning: try systemCall("bpf", "loading the device program of \(directory)") {
                // The kernel copies the bytes during the call.
                unsafe bytes.withUnsafeBytes { unsafe linux_bpf_load_device_program($0.baseAddress, $0.count / 8) }
            })
        try systemCall("bpf", "attaching the device program to \(directory)") {
            linux_bpf_attach_device_program(group.number, program.number)
        }
    }
}
