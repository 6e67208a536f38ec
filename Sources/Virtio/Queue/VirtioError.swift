import GuestMemory
import LinuxSystem

/// Why a device can go on only after a reset: the driver broke the rules, or the host's side failed for good.
public enum VirtioError: Error, Equatable, CustomStringConvertible {
    /// The driver made more chains available than the queue has entries.
    case availableIndexJump(from: UInt16, to: UInt16, size: UInt16)
    /// A chain begins or goes on at an entry behind the table's end.
    case descriptorOutOfRange(UInt16, size: UInt16)
    /// A chain has more entries than the queue, or loops.
    case chainTooLong(limit: UInt16)
    /// An indirect table, though it was not agreed on.
    case indirectNotNegotiated
    /// An indirect table within an indirect table.
    case nestedIndirect
    /// An indirect descriptor that goes on behind its table.
    case indirectWithNext
    /// An indirect table that is empty, too long, or not made of whole entries.
    case indirectTableLength(UInt32)
    /// A range for the device to read behind one for it to write.
    case readableAfterWritable
    /// A chain of more than 2^32 bytes.
    case chainTooLarge
    /// A range outside guest memory.
    case memory(GuestMemoryError)
    /// A queue that was made ready with an impossible layout.
    case queueLayout(String)
    /// A request that the device cannot even answer with an error.
    case request(String)
    /// A system call on the host failed, and will fail again.
    case system(SystemError)

    /// The text for people.
    public var description: String {
        switch self {
        case .availableIndexJump(let from, let to, let size):
            "available index went from \(from) to \(to) in a queue of \(size)"
        case .descriptorOutOfRange(let index, let size): "descriptor \(index) in a table of \(size)"
        case .chainTooLong(let limit): "chain of more than \(limit) descriptors"
        case .indirectNotNegotiated: "indirect descriptor without VIRTIO_F_INDIRECT_DESC"
        case .nestedIndirect: "indirect descriptor in an indirect table"
        case .indirectWithNext: "indirect descriptor with a next one"
        case .indirectTableLength(let length): "indirect table of \(length) bytes"
        case .readableAfterWritable: "readable descriptor behind a writable one"
        case .chainTooLarge: "chain of more than 4 GiB"
        case .memory(let error): "\(error)"
        case .queueLayout(let what): "queue layout: \(what)"
        case .request(let what): "request: \(what)"
        case .system(let error): "\(error)"
        }
    }
}
