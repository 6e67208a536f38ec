import CGuestMonitor
import CKVM
import GuestMemory
import KVM
import MachineMonitor

/// An instruction of the kernel's that only ring 0 may do: what it is and how long (Intel SDM volume 2).
struct PrivilegedInstruction: Equatable {
    enum Operation: Equatable {
        case readModelSpecific
        case writeModelSpecific
        case readControl(register: Int, into: Int)
        case writeControl(register: Int, from: Int)
        case readDebug(register: Int, into: Int)
        case writeDebug
        case readCounter
        case setExtendedControl
        case flushCaches
        /// The port is in the instruction, or nil: in DX.
        case input(width: Int, port: UInt16?)
        case output
        /// CLI, STI, HLT: the kernel's own, from before it knows that it is Xen's guest.
        case interruptFlag
    }

    let operation: Operation
    let length: UInt64

    /// Decodes the first bytes; nil for an instruction that is not one of these.
    init?(_ code: [UInt8]) {
        var index = 0
        var extensionBits: UInt8 = 0
        var operandSize = 4
        func byte(_ offset: Int) -> UInt8? { index + offset < code.count ? code[index + offset] : nil }
        // At most fifteen bytes are an instruction.
        while let prefix = byte(0) {
            if prefix == 0x66 {
                operandSize = 2
            } else if prefix & 0xf0 == 0x40 {
                extensionBits = prefix
            } else if ![0xf2, 0xf3, 0x2e, 0x3e].contains(prefix) {
                break
            }
            index += 1
        }
        guard let first = byte(0) else { return nil }
        let found: (Operation, Int)?
        switch first {
        case 0x0f: found = Self.twoByte(byte(1), byte(2), extensionBits)
        case 0xfa, 0xfb, 0xf4: found = (.interruptFlag, 1)
        case 0xec: found = (.input(width: 1, port: nil), 1)
        case 0xed: found = (.input(width: operandSize, port: nil), 1)
        case 0xe4: found = byte(1).map { (.input(width: 1, port: UInt16($0)), 2) }
        case 0xe5: found = byte(1).map { (.input(width: operandSize, port: UInt16($0)), 2) }
        case 0xee, 0xef: found = (.output, 1)
        case 0xe6, 0xe7: found = (.output, 2)
        default: found = nil
        }
        guard let (operation, size) = found else { return nil }
        self.operation = operation
        length = UInt64(index + size)
    }

    private static func twoByte(
        _ second: UInt8?, _ third: UInt8?, _ extensionBits: UInt8
    ) -> (Operation, Int)? {
        let register = Int(third ?? 0) >> 3 & 7 | (extensionBits & 4 != 0 ? 8 : 0)
        let operand = Int(third ?? 0) & 7 | (extensionBits & 1 != 0 ? 8 : 0)
        return switch (second, third) {
        case (0x30, _): (.writeModelSpecific, 2)
        case (0x32, _): (.readModelSpecific, 2)
        case (0x33, _): (.readCounter, 2)
        case (0x06, _), (0x08, _), (0x09, _): (.flushCaches, 2)
        case (0x20, .some): (.readControl(register: register, into: operand), 3)
        case (0x21, .some): (.readDebug(register: register, into: operand), 3)
        case (0x22, .some): (.writeControl(register: register, from: operand), 3)
        case (0x23, .some): (.writeDebug, 3)
        case (0x01, 0xd1): (.setExtendedControl, 3)
        default: nil
        }
    }
}

extension XenProcessor {
    /// CPUID by Xen's prefix: an undefined instruction, "xen", CPUID.
    func emulateIdentification() throws(GuestMemoryError) -> Bool {
        let expected: [UInt8] = [0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2]
        guard try instructionBytes(expected.count) == expected else { return false }
        let answer = policy.answer(
            leaf: UInt32(truncatingIfNeeded: general.rax), subleaf: UInt32(truncatingIfNeeded: general.rcx),
            processor: index)
        general.rax = UInt64(answer.eax)
        general.rbx = UInt64(answer.ebx)
        general.rcx = UInt64(answer.ecx)
        general.rdx = UInt64(answer.edx)
        general.rip &+= UInt64(expected.count)
        counters.count(instruction: "cpuid")
        return true
    }

    /// What the kernel does before it knows that it is in ring 3, and what has no other way. Writes that mean nothing here are
    /// taken and forgotten, as Xen does.
    func emulatePrivileged() throws(GuestMemoryError) -> Bool {
        guard let instruction = PrivilegedInstruction(try instructionBytes(15)) else { return false }
        switch instruction.operation {
        case .readModelSpecific:
            let value = try modelSpecific(UInt32(truncatingIfNeeded: general.rcx))
            general.rax = value & 0xffff_ffff
            general.rdx = value >> 32
        case .writeModelSpecific:
            let value = general.rdx << 32 | general.rax & 0xffff_ffff
            if UInt32(truncatingIfNeeded: general.rcx) == Self.gsBase {
                try area.setState(GM_KERNEL_GS, value)
                special.gs.base = value
                specialChanged = true
            }
        case .readControl(let register, let destination): setRegister(destination, try control(register))
        case .readDebug(let register, let destination):
            // Intel SDM volume 3, 17.2: no breakpoint was met, none is set.
            setRegister(destination, register == 6 ? 0xffff_0ff0 : register == 7 ? 0x400 : 0)
        case .readCounter:
            general.rax = 0
            general.rdx = 0
        case .input(let width, let port): input(width, port ?? UInt16(truncatingIfNeeded: general.rdx))
        case .writeControl, .writeDebug, .setExtendedControl, .flushCaches, .output, .interruptFlag: break
        }
        general.rip &+= instruction.length
        counters.count(instruction: instruction.operation.name)
        return true
    }

    /// IN: nothing is there, so all lines are high; but the counter of the interval timer stands at zero, for a kernel that
    /// finds it elsewhere measures by it, tens of thousands of times.
    private func input(_ width: Int, _ port: UInt16) {
        let ones: UInt64 = (0x40...0x43).contains(port) ? 0 : .max
        let mask: UInt64 = width == 1 ? 0xff : width == 2 ? 0xffff : 0xffff_ffff
        general.rax = ones & mask | (width == 4 ? 0 : general.rax & ~mask)
    }

    /// The bytes at RIP, as many as are mapped.
    func instructionBytes(_ count: Int) throws(GuestMemoryError) -> [UInt8] {
        let kernel = try kernelMemory()
        let onPage = min(count, Int(4096 - general.rip & 4095))
        do throws(HypercallError) {
            let first = try kernel.read(general.rip, count: onPage)
            if onPage == count { return first }
            do throws(HypercallError) {
                return first + (try kernel.read(general.rip &+ UInt64(onPage), count: count - onPage))
            } catch {
                return first
            }
        } catch {
            return []
        }
    }

    private static let gsBase: UInt32 = 0xc000_0101

    /// The model-specific registers that matter to a kernel in ring 3; others are zero.
    private func modelSpecific(_ register: UInt32) throws(GuestMemoryError) -> UInt64 {
        switch register {
        case 0xc000_0080: ProcessorState.extendedFeatures
        // The local APIC's place, enabled; one processor is that of the boot.
        case 0x1b: index == 0 ? 0xfee0_0900 : 0xfee0_0800
        // Fast strings.
        case 0x1a0: 1
        case 0x277: Self.pageAttributes
        case 0xc000_0100: special.fs.base
        case Self.gsBase: try area.state(GM_KERNEL_GS)
        case 0xc000_0102: try area.state(GM_USER_GS)
        default: 0
        }
    }

    /// The table of page attributes after reset (Intel SDM volume 3, 12.12.4).
    private static let pageAttributes: UInt64 = 0x0007_0406_0007_0406

    private func control(_ register: Int) throws(GuestMemoryError) -> UInt64 {
        switch register {
        case 0: ProcessorState.control0
        case 2: try memory.read(UInt64.self, at: GuestAddress(handle.informationPlace + 16))
        case 3: try area.state(GM_KERNEL_ROOT)
        // Without FSGSBASE: the kernel is told that there is none.
        case 4: ProcessorState.control4 & ~(1 << 16)
        default: 0
        }
    }

    private func setRegister(_ number: Int, _ value: UInt64) {
        switch number {
        case 0: general.rax = value
        case 1: general.rcx = value
        case 2: general.rdx = value
        case 3: general.rbx = value
        case 4: general.rsp = value
        case 5: general.rbp = value
        case 6: general.rsi = value
        case 7: general.rdi = value
        case 8: general.r8 = value
        case 9: general.r9 = value
        case 10: general.r10 = value
        case 11: general.r11 = value
        case 12: general.r12 = value
        case 13: general.r13 = value
        case 14: general.r14 = value
        default: general.r15 = value
        }
    }
}

extension PrivilegedInstruction.Operation {
    /// A short name, for counting.
    var name: String {
        switch self {
        case .readModelSpecific: "rdmsr"
        case .writeModelSpecific: "wrmsr"
        case .readControl(let register, _): "mov-from-cr\(register)"
        case .writeControl(let register, _): "mov-to-cr\(register)"
        case .readDebug: "mov-from-dr"
        case .writeDebug: "mov-to-dr"
        case .readCounter: "rdpmc"
        case .setExtendedControl: "xsetbv"
        case .flushCaches: "wbinvd"
        case .input: "in"
        case .output: "out"
        case .interruptFlag: "cli-sti-hlt"
        }
    }
}
