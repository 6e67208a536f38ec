import CKVM
import KVM
import LinuxSystem

/// The first processor's registers at a PVH entry: 32-bit protected mode without paging, flat segments, the start
/// information's address in EBX (the kernel's Documentation/arch/x86/boot.rst does not tell; Xen's
/// docs/misc/pvh.pandoc does).
enum BootRegisters {
    private static let protectionEnable: UInt64 = 1 << 0
    /// The bit of RFLAGS that is always one; interrupts are off.
    private static let flags: UInt64 = 1 << 1

    /// Segments, control registers. The descriptor tables stay undefined: the kernel loads its own first.
    static func special(_ reset: kvm_sregs) -> kvm_sregs {
        var special = reset
        // Types (Intel's manual, volume 3A, 3.4.5.1): code that can be read, data that can be written, a busy 32-bit task.
        special.cs = segment(selector: 0x08, type: 0xb)
        let data = segment(selector: 0x10, type: 0x3)
        special.ds = data
        special.es = data
        special.fs = data
        special.gs = data
        special.ss = data
        special.tr = segment(selector: 0x18, type: 0xb)
        special.tr.limit = 0x67
        special.tr.s = 0
        special.tr.db = 0
        special.tr.g = 0
        special.cr0 = protectionEnable
        special.cr4 = 0
        special.efer = 0
        return special
    }

    /// The general registers.
    static func general(entry: UInt64) -> kvm_regs {
        var general = kvm_regs()
        general.rip = entry
        general.rbx = AddressMap.startInformation.value
        general.rflags = flags
        return general
    }

    /// Model-specific registers as firmware leaves them: fast string instructions (IA32_MISC_ENABLE), and memory
    /// cached by default (IA32_MTRR_DEF_TYPE: enabled, write-back).
    static let modelSpecific: [(index: UInt32, value: UInt64)] = [(0x1a0, 1), (0x2ff, 0x806)]

    /// XCR0, nil where the processor has none: the floating-point unit, SSE, and AVX where it is. Every kernel sets it so
    /// itself; but an emulated AMD-V does not tell KVM of that, which would go on to save and show less.
    static func extendedControl(_ shown: [kvm_cpuid_entry2]) -> UInt64? {
        guard let leaf = shown.first(where: { $0.function == 0xd && $0.index == 0 }) else { return nil }
        return UInt64(leaf.eax) & 0x7
    }

    private static func segment(selector: UInt16, type: UInt8) -> kvm_segment {
        var segment = kvm_segment()
        segment.selector = selector
        segment.limit = .max
        segment.type = type
        segment.present = 1
        segment.s = 1
        segment.db = 1
        segment.g = 1
        return segment
    }
}
