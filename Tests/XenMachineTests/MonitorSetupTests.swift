import CGuestMonitor
import GuestMemory
import MachineMonitor
import Testing

@testable import XenMachine

@Suite struct MonitorSetupTests {
    private static let size: UInt64 = 64 << 20

    private func made(processors: Int = 1) throws -> GuestMemory {
        let memory = try GuestMemory([
            GuestRegion(.anonymous(size: Self.size), at: GuestAddress(0)),
            GuestRegion(
                .anonymous(size: MonitorArea.size(memorySize: Self.size)), at: GuestAddress(MonitorArea.start)),
        ])
        try MonitorSetup(memory: memory, memorySize: Self.size, processors: processors).write()
        return memory
    }

    /// A root with the area hung in, as the kernel's or a user's.
    private func root(_ memory: GuestMemory, hooks: Int32) throws -> KernelMemory {
        for index in 0..<UInt64(2) {
            let hook = try MonitorArea(memory: memory).state(hooks + Int32(8 * index))
            try memory.write(hook, at: GuestAddress(0x1000 + 8 * (UInt64(GM_SLOT_AREA) + index)))
        }
        return KernelMemory(memory: memory, root: 0x1000)
    }

    @Test func mapsTheAreaTheTableAndAllOfMemory() throws {
        let memory = try made()
        let kernel = try root(memory, hooks: GM_KERNEL_HOOKS)
        #expect(try kernel.translate(MonitorArea.virtual(Int(GM_STATE))) == MonitorArea.address(Int(GM_STATE)))
        #expect(try kernel.translate(MonitorArea.virtual(memory: 0x12345)) == 0x12345)
        #expect(try kernel.translate(UInt64(GM_DOORBELL_VA)) == MonitorArea.doorbell)
        #expect(try kernel.read(UInt64.self, at: UInt64(GM_TABLE_VA) + 8 * 77) == 77)
        #expect(throws: HypercallError.fault) {
            try kernel.translate(MonitorArea.virtual(memory: Self.size))
        }
    }

    @Test func closesTheAreaToUserProcesses() throws {
        let memory = try made()
        let area = MonitorArea(memory: memory)
        for index in [Int32(0), 8] {
            #expect(try area.state(GM_USER_HOOKS + index) & PageBits.user == 0)
            #expect(try area.state(GM_KERNEL_HOOKS + index) & PageBits.user != 0)
        }
    }

    @Test func keepsRingZerosPagesFromTheKernelToo() throws {
        let memory = try made()
        for offset in [GM_GDT, GM_IDT, GM_TSS, GM_STUBS] {
            let place = MonitorArea.address(Int(GM_L1_AREA)) + 8 * UInt64(offset >> 12)
            #expect(try memory.read(UInt64.self, at: GuestAddress(place)) & PageBits.user == 0)
        }
        let whole = MonitorArea.address(Int(GM_L3_MEMORY)) + 8 * (UInt64(GM_RING_0_VA - GM_MEMORY_VA) >> 30)
        #expect(try memory.read(UInt64.self, at: GuestAddress(whole)) & PageBits.user == 0)
    }

    @Test func givesRingZeroTheAreaOnceMoreInBothRoots() throws {
        let memory = try made()
        for hooks in [GM_KERNEL_HOOKS, GM_USER_HOOKS] {
            let root = try root(memory, hooks: hooks)
            for offset in [GM_GDT, GM_TSS, GM_STUBS, GM_EXCEPTION_STACK, GM_STATE] {
                #expect(try root.translate(MonitorArea.virtual(ring0: Int(offset))) == MonitorArea.address(Int(offset)))
            }
        }
    }

    @Test func hasAnotherTableOfInterruptsAndNothingElseWhileAProgramRuns() throws {
        let memory = try made()
        let program = try root(memory, hooks: GM_USER_HOOKS)
        let place = MonitorArea.virtual(Int(GM_IDT))
        #expect(try program.translate(place) == MonitorArea.address(Int(GM_IDT_USER)))
        for offset in [GM_STATE, GM_SHARED_INFO, GM_NATIVE_ANCHOR, GM_DOORBELL] {
            #expect(throws: HypercallError.fault) { try program.translate(MonitorArea.virtual(Int(offset))) }
        }
        let programs = try program.read(place, count: 16)
        let kernel = try root(memory, hooks: GM_KERNEL_HOOKS)
        #expect(try kernel.translate(place) == MonitorArea.address(Int(GM_IDT)))
        // Division by zero is a service for the kernel alone.
        #expect(try kernel.read(place, count: 16) != programs)
    }

    @Test func endsAServiceByWhatTellsOfADivision() throws {
        let area = MonitorArea(memory: try made())
        try area.setKernelRoot(0x5000)
        try area.setState(GM_SERVICE_ROOT, 0x1234)
        try area.setState(GM_FRAME_SERVICE, 0x40_0000)
        try area.endService()
        #expect(try area.state(GM_SERVICE_ROOT) == 0x5000)
        #expect(try area.state(GM_FRAME_SERVICE) == MonitorArea.virtual(gm_divide_entry()))
        #expect(try area.state(GM_FRAME_SERVICE + 24) == MonitorArea.virtual(Int(GM_NATIVE_STACK_TOP)))
    }

    @Test func eachProcessorHasItsOwnCodeStacksAndState() throws {
        let most = XenMachine.maximumProcessors
        let memory = try made(processors: most)
        let kernel = try root(memory, hooks: GM_KERNEL_HOOKS)
        let states = (0..<most).map { MonitorArea(memory: memory, processor: $0) }
        for (number, state) in states.enumerated() {
            #expect(try state.state(GM_PROCESSOR_BIT) == 1 << UInt64(number))
            #expect(try (state.state(GM_NEXT) == 0) == (number == most - 1))
            for offset in [GM_STATE, GM_NATIVE_STACK, GM_EXCEPTION_STACK] {
                let place = MonitorArea.offset(Int(offset), processor: number)
                #expect(try kernel.translate(MonitorArea.virtual(place)) == MonitorArea.address(place))
            }
            let code = MonitorArea.offset(Int(gm_native_place()), processor: number)
            #expect(
                try kernel.read(MonitorArea.virtual(code), count: gm_native_size())
                    == kernel.read(MonitorArea.virtual(Int(gm_native_place())), count: gm_native_size()))
        }
        // The last block ends before the machine-to-physical table.
        #expect(MonitorArea.offset(Int(GM_GDT), processor: most) <= Int(GM_TABLE))
    }

    @Test func codeNeedsNoAddressOutsideOfItself() {
        // The copy runs elsewhere than it was linked: what is copied is exactly what the linker left, and it fits.
        #expect(gm_stubs_size() > 128 && gm_stubs_size() < 0x1000)
        #expect(gm_native_place() >= Int(GM_NATIVE))
        #expect(gm_native_place() + gm_native_size() <= Int(GM_NATIVE_END))
        for entry in [
            gm_syscall_entry(), gm_user_trap_entry(), gm_kernel_fault_entry(), gm_patched_hypercall_entry(),
            gm_patched_iret_entry(), gm_shared_hypercall_entry(), gm_shared_iret_entry(), gm_undefined_entry(),
            gm_divide_entry(),
        ] {
            #expect(entry >= gm_native_place() && entry < gm_native_place() + gm_native_size())
        }
    }
}
