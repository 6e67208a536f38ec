import CLinux
import GuestMemory
import LinuxSystem
import MachineMonitor

@testable import HardwareMachine
@testable import XenMachine

/// A kernel's file that a guest is to be started from, by either kind of machine as far as that goes without KVM.
let kernelTarget = FuzzTarget(name: "kernel") { bytes in
    do {
        let file = OwnedDescriptor(owning: linux_memfd_create("kernel", 0))
        try WholeFile.write(bytes, to: file.number, "kernel")
        // Alone, for most inputs are refused by what comes before this.
        if let kernel = try? KernelFile(file.number) {
            _ = try? kernel.physicalEntry()
            _ = try? KernelNotes(kernel.notes)
        }
        try startInRing0(file.number)
        try startInRing3(file.number)
    } catch let error as SystemError {
        // No memory for a guest, or no file: the host's side, which must not fail.
        fatalError("\(error)")
    } catch {}
}

private func startInRing0(_ kernel: CInt) throws {
    let memory = try GuestMemory([GuestRegion(.anonymous(size: MemoryMap.minimumSize), at: GuestAddress(0))])
    // A kernel that is refused is no finding.
    guard
        let entry = try? BootLoading(memory: memory, map: MemoryMap(size: memory.size)).load(
            kernel: kernel, initialFileSystem: (kernel, 64), commandLine: CommandLine([]), processors: 2)
    else { return }
    guard memory.contains(GuestAddress(entry), length: 1) else { fatalError("starts at \(entry)") }
}

private func startInRing3(_ kernel: CInt) throws {
    let size: UInt64 = 16 << 20
    let memory = try GuestMemory([
        GuestRegion(.anonymous(size: size), at: GuestAddress(0)),
        GuestRegion(.anonymous(size: MonitorArea.size(memorySize: size)), at: GuestAddress(MonitorArea.start)),
    ])
    let file = try KernelFile(kernel)
    let notes = try KernelNotes(file.notes)
    let layout = try DomainLayout(kernelEnd: file.end, initialFileSystemSize: 64, memorySize: size)
    try file.load(kernel, into: memory)
    let builder = DomainBuilder(memory: memory, memorySize: size, layout: layout, notes: notes, processors: 2)
    _ = try builder.build(commandLine: "")
    _ = try KernelPatches.apply(file, memory, processors: 2)
}
