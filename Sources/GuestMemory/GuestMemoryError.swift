import LinuxSystem

/// Why guest memory could not be made or reached.
public enum GuestMemoryError: Error, Equatable, CustomStringConvertible {
    /// The range does not lie whole in one region.
    case outside(GuestAddress, length: UInt64)
    /// A region that is empty, not a multiple of the page size, or past the end of the address space.
    case invalidRegion(GuestAddress, size: UInt64)
    /// Two regions that share addresses.
    case overlap(GuestAddress, GuestAddress)
    /// A system call failed.
    case system(SystemError)

    /// The text for people.
    public var description: String {
        switch self {
        case .outside(let address, let length): "guest memory: \(length) bytes at \(address) are not in a region"
        case .invalidRegion(let address, let size):
            "guest memory: a region of \(size) bytes at \(address) is not made of whole pages"
        case .overlap(let first, let second): "guest memory: the regions at \(first) and \(second) overlap"
        case .system(let error): "guest memory: \(error)"
        }
    }
}
