import MachineMonitor

/// Where everything that the kernel finds at its start lies in physical memory, one after the other behind the kernel
/// (Xen's public header xen.h, "Domain builder"): initial file system, list of pages, start information, page tables, stack.
struct DomainLayout: Equatable {
    let initialFileSystem: UInt64
    let initialFileSystemSize: UInt64
    /// A word a page: the page's number in the machine.
    let pageList: UInt64
    let startInformation: UInt64
    let pageTables: UInt64
    /// Top level, third and second level, and the lowest, in this order.
    let pageTableCount: UInt64
    let stack: UInt64
    /// The end of what the tables map, from physical address zero.
    let mappedEnd: UInt64

    private static let page: UInt64 = 4096
    /// "bootstrap elements are packed together, but each is 4 kB aligned; … at least 512 kB padding", and the end a multiple
    /// of 4 MB.
    private static let padding: UInt64 = 512 << 10
    private static let alignment: UInt64 = 4 << 20

    init(kernelEnd: UInt64, initialFileSystemSize: UInt64, memorySize: UInt64) throws(MachineError) {
        func aligned(_ address: UInt64) -> UInt64 { (address + Self.page - 1) & ~(Self.page - 1) }
        guard kernelEnd <= memorySize, initialFileSystemSize <= memorySize else {
            throw .configuration("the kernel and its initial file system need more than \(memorySize >> 20) MB")
        }
        initialFileSystem = aligned(kernelEnd)
        self.initialFileSystemSize = initialFileSystemSize
        pageList = aligned(initialFileSystem + initialFileSystemSize)
        startInformation = aligned(pageList + memorySize / Self.page * 8)
        pageTables = startInformation + Self.page
        var lowest: UInt64 = 1
        var end: UInt64
        repeat {
            let used = pageTables + (3 + lowest + 1) * Self.page + Self.padding
            end = (used + Self.alignment - 1) & ~(Self.alignment - 1)
            if lowest << 21 >= end { break }
            lowest += 1
        } while lowest <= 512
        guard lowest <= 512, end <= memorySize else {
            throw .configuration("the kernel and its initial file system need more than \(memorySize >> 20) MB")
        }
        pageTableCount = 3 + lowest
        stack = pageTables + pageTableCount * Self.page
        mappedEnd = end
    }
}
