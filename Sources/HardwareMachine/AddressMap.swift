import GuestMemory

/// Where things are in the guest's physical address space. Every number that two files must agree on is here.
///
/// ```
/// 0x0000_0000  low memory: start information, memory map, command line below 640 KB; ACPI tables below 1 MB
/// 0x0010_0000  memory: the kernel where it was linked, an initramfs at the end
/// 0xc000_0000  no memory: devices, interrupt controllers, KVM's own pages
/// 0x1_0000_0000  the rest of the memory
/// ```
enum AddressMap {
    /// What the kernel is started with (xen/include/public/arch-x86/hvm/start_info.h).
    static let startInformation = GuestAddress(0x6000)
    /// The list of modules, with one module: the initramfs.
    static let moduleList = GuestAddress(0x6100)
    /// The table of memory ranges that the start information names.
    static let memoryMap = GuestAddress(0x7000)
    /// The command line, with a zero at its end.
    static let commandLine = GuestAddress(0x8000)
    /// The longest command line that Linux keeps (COMMAND_LINE_SIZE in arch/x86/include/asm/setup.h), with its zero.
    static let commandLineSize = 2048
    /// The end of the memory that a PC's kernel may use below 1 MB.
    static let lowMemoryEnd: UInt64 = 0xa0000
    /// ACPI's tables: in a range that the memory map keeps from the kernel's own use.
    static let acpiTables = GuestAddress(0xe0000)
    /// The end of the first megabyte, and the lowest address at which a kernel may be loaded.
    static let kernelStart: UInt64 = 0x10_0000

    /// Where memory ends below 4 GB at the latest.
    static let gapStart: UInt64 = 0xc000_0000
    /// Where memory that did not fit goes on.
    static let gapEnd: UInt64 = 0x1_0000_0000
    /// The I/O APIC (fixed by KVM, as on a PC).
    static let ioAPIC: UInt32 = 0xfec0_0000
    /// The local APIC of each processor (likewise).
    static let localAPIC: UInt32 = 0xfee0_0000
    /// Three pages of KVM's own on Intel's processors (KVM_SET_TSS_ADDR), within the gap and apart from all others.
    static let taskStateSegment: UInt32 = 0xfffb_d000

    /// The serial port (COM1) and its interrupt.
    static let serialPort: UInt16 = 0x3f8
    static let serialInterrupt: UInt32 = 4
    /// Power management: events (4 ports), control (2 ports) and reset (1 port), named in the ACPI tables.
    static let powerEvents: UInt16 = 0x600
    static let powerControl: UInt16 = 0x604
    static let resetControl: UInt16 = 0x608
    /// The interrupt of power management. It never comes; it is beyond those that devices may have (0 to 15).
    static let powerInterrupt: UInt16 = 20
    /// The keyboard controller's command port: the old way to reset.
    static let keyboardControl: UInt16 = 0x64
}
