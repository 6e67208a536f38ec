import GuestMemory
import MachineMonitor

/// The kernel's command line: what the machine needs, and what the caller adds, which comes last and so wins.
struct CommandLine {
    let text: String

    /// A panic resets at once rather than to wait for a person; there is no PCI to search for; the serial port is the only
    /// one, and tells of panics also where the guest has another console.
    private static let ofMachine = "panic=-1 pci=off 8250.nr_uarts=1 console=ttyS0"

    /// Joins them.
    init(_ added: [String]) throws(MachineError) {
        let added = added.filter { !$0.isEmpty }.joined(separator: " ")
        guard added.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .configuration("the kernel's command line has control characters: \(added.debugDescription)")
        }
        text = Self.ofMachine + (added.isEmpty ? "" : " ") + added
        guard text.utf8.count < AddressMap.commandLineSize else {
            throw .configuration(
                "the kernel's command line has \(text.utf8.count) bytes, and \(AddressMap.commandLineSize - 1) are possible"
            )
        }
    }

    /// Puts it where the start information points.
    func write(to memory: GuestMemory) throws(GuestMemoryError) {
        try memory.write(Array(text.utf8) + [0], at: AddressMap.commandLine)
    }
}
