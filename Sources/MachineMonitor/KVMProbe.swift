import CKVM
import GuestMemory
import KVM
import LinuxSystem

/// Finds out by a guest of two instructions which kind of KVM this is: one whose ring 0 is the processor's own, or one that
/// interprets it. It never asks for names.
public enum KVMProbe {
    /// The kinds of KVM.
    public enum Kind: Sendable, Equatable {
        /// Ring 0 runs on the processor: VT-x or AMD-V.
        case hardware
        /// Ring 0 is interpreted.
        case software
    }

    /// Where the guest's code lies; the rest of its one page is empty.
    private static let address: UInt64 = 0x1000
    private static let port: UInt16 = 0x10

    /// Runs the guest, which takes about a millisecond.
    ///
    /// - Throws: where KVM does neither of the two, with what it did in the error's object.
    public static func kind(of system: borrowing KVMSystem) throws(SystemError) -> Kind {
        // popcnt eax, eax; out 0x10, al. KVM's interpreter has no POPCNT, and every processor with VT-x or AMD-V and 64 bits
        // that is still in use has it.
        let code: [UInt8] = [0xf3, 0x0f, 0xb8, 0xc0, 0xe6, UInt8(port), 0xf4]
        let machine = try system.makeMachine()
        let memory: GuestMemory
        do throws(GuestMemoryError) {
            memory = try GuestMemory([GuestRegion(.anonymous(size: 4096), at: GuestAddress(address))])
            try memory.write(code, at: GuestAddress(address))
        } catch {
            if case .system(let error) = error { throw error }
            throw SystemError("mmap", "a page of the probe's guest: \(error)", number: 0)
        }
        try machine.setMemory(slot: 0, guestAddress: address, size: 4096, hostAddress: memory.regions[0].hostAddress)
        let vcpu = try machine.makeVCPU(0)
        // As after reset, but 32 bits wide with flat segments: ring 0 without page tables.
        var special = try vcpu.readSpecial()
        special.cr0 |= 1
        special.cs.base = 0
        special.cs.selector = 8
        special.cs.limit = 0xffff_ffff
        special.cs.g = 1
        special.cs.db = 1
        try vcpu.writeSpecial(special)
        var general = kvm_regs()
        general.rip = address
        general.rflags = 2
        try vcpu.writeGeneral(general)
        var exit: VCPUExit
        repeat { exit = try vcpu.enter() } while exit == .interrupted
        switch exit {
        case .out(port, _, _): return .hardware
        case .internalError: return .software
        default: throw SystemError("KVM_RUN", "the probe's guest: \(exit)", number: 0)
        }
    }
}
