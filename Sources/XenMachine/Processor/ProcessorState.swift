import CGuestMonitor
import CKVM
import KVM
import LinuxSystem
import MachineMonitor

/// The registers with which a kernel in ring 3 starts, and segments that stay as they are.
enum ProcessorState {
    /// A flat code segment of ring 3, 64 bits wide.
    static let code = kvm_segment(
        base: 0, limit: 0xffff_ffff, selector: UInt16(GM_CODE_3), type: 11, present: 1, dpl: 3, db: 0, s: 1, l: 1, g: 1,
        avl: 0, unusable: 0, padding: 0)
    /// A flat data segment of ring 3.
    static let data = kvm_segment(
        base: 0, limit: 0xffff_ffff, selector: UInt16(GM_DATA_3), type: 3, present: 1, dpl: 3, db: 1, s: 1, l: 0, g: 1,
        avl: 0, unusable: 0, padding: 0)

    // Intel SDM volume 3, 2.5 and 2.2.1.
    /// PE, MP, ET, NE, WP, AM, PG.
    static let control0: UInt64 = 0x8005_0033
    /// PAE, MCE, OSFXSR, OSXMMEXCPT, FSGSBASE, OSXSAVE.
    static let control4: UInt64 = 1 << 5 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 16 | 1 << 18
    /// PGE.
    static let globalPages: UInt64 = 1 << 7
    /// SCE, LME, LMA, NXE.
    static let extendedFeatures: UInt64 = 0xd01

    /// What a program may have in its flags, and interrupts: as in the monitor.
    static func flags(_ wanted: UInt64) -> UInt64 { wanted & 0x25_4dd5 | 0x202 }

    private static let star: UInt32 = 0xc000_0081
    private static let longStar: UInt32 = 0xc000_0082
    private static let flagMask: UInt32 = 0xc000_0084

    /// Sets what no kernel here ever changes: CPUID, vector state, and where SYSCALL goes.
    static func setConstants(
        _ vcpu: borrowing VCPU, _ surroundings: ProcessorSurroundings
    ) throws(SystemError) {
        // What KVM lets a guest have; without it there are no vector states.
        try vcpu.writeCPUID(surroundings.identification)
        try vcpu.writeExtendedControl(surroundings.policy.vectorState)
        try vcpu.writeModelSpecific([
            (star, 0x23 << 48 | UInt64(GM_CODE_0) << 32),
            (longStar, MonitorArea.virtual(place(Int(gm_syscall_entry()), vcpu))),
            (flagMask, 0),
        ])
    }

    /// Puts a processor where the kernel begins.
    static func set(
        _ vcpu: borrowing VCPU, _ start: DomainBuilder.Start, _ surroundings: ProcessorSurroundings
    ) throws(SystemError) {
        var general = kvm_regs()
        general.rip = start.instruction
        general.rsp = start.stack
        general.rsi = start.information
        general.rflags = 0x202
        try set(vcpu, general, root: start.root, surroundings)
    }

    /// Puts a processor into the kernel.
    static func set(
        _ vcpu: borrowing VCPU, _ general: kvm_regs, root: UInt64, fsBase: UInt64 = 0, gsBase: UInt64 = 0,
        _ surroundings: ProcessorSurroundings
    ) throws(SystemError) {
        var special = try vcpu.readSpecial()
        special.cr0 = control0
        special.cr3 = root
        special.cr4 = control4
        special.efer = extendedFeatures
        special.gdt.base = MonitorArea.virtual(ring0: place(Int(GM_GDT), vcpu))
        special.gdt.limit = 0x7f
        special.idt.base = MonitorArea.virtual(place(Int(GM_IDT), vcpu))
        special.idt.limit = 32 * 16 - 1
        special.tr = kvm_segment(
            base: MonitorArea.virtual(ring0: place(Int(GM_TSS), vcpu)), limit: 0x67, selector: UInt16(GM_TASK),
            type: 11, present: 1, dpl: 0, db: 0, s: 0, l: 0, g: 0, avl: 0, unusable: 0, padding: 0)
        special.ldt.unusable = 1
        special.cs = code
        special.ss = data
        special.ds = data
        special.es = data
        special.fs = data
        special.fs.selector = 0
        special.gs = special.fs
        special.fs.base = fsBase
        special.gs.base = gsBase
        try setConstants(vcpu, surroundings)
        try vcpu.writeSpecial(special)
        try vcpu.writeGeneral(general)
    }

    private static func place(_ offset: Int, _ vcpu: borrowing VCPU) -> Int {
        MonitorArea.offset(offset, processor: Int(vcpu.index))
    }
}
