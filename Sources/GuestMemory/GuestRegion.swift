/// A part of the guest's physical address space with memory behind it.
public final class GuestRegion: Sendable {
    /// Where the guest sees it; a multiple of the page size.
    public let start: GuestAddress
    /// Bytes; a multiple of the page size.
    public let size: UInt64
    @usableFromInline let mapping: GuestMapping

    /// Puts a mapping at an address.
    public init(_ mapping: consuming GuestMapping, at start: GuestAddress) throws(GuestMemoryError) {
        guard start.isAligned(to: GuestMapping.pageSize), start.advanced(by: mapping.size) != nil else {
            throw .invalidRegion(start, size: mapping.size)
        }
        self.start = start
        self.size = mapping.size
        self.mapping = mapping
    }

    /// The address in this process, for the kernel's table of memory slots (KVM_SET_USER_MEMORY_REGION). A number, not a
    /// pointer: nothing else may touch guest memory by it.
    public var hostAddress: UInt64 { unsafe UInt64(UInt(bitPattern: mapping.base)) }

    /// The descriptor of the memory file behind the region; nil where there is none. Valid while the region lives.
    public var memoryFile: CInt? { backing == .memoryFile ? mapping.fileNumber : nil }

    /// The file that is read where the guest has not written, and where in it the region begins; nil where there is none.
    var imageFile: (number: CInt, offset: UInt64)? {
        guard backing == .privateFile, let number = mapping.fileNumber else { return nil }
        return (number, mapping.fileOffset)
    }

    /// What is behind the memory.
    public var backing: GuestMapping.Backing { mapping.backing }
}

extension GuestMapping {
    /// The number of `file`.
    var fileNumber: CInt? {
        switch file {
        case .some(let file): file.number
        case .none: nil
        }
    }
}
