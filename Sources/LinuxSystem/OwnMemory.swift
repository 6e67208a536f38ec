import Glibc

/// The memory of the calling process.
public enum OwnMemory {
    // madvise(2), `asm-generic/mman-common.h`; Linux 5.14. An older kernel refuses them, and nothing is gained.
    private static let populateRead: CInt = 22
    private static let populateWrite: CInt = 23

    /// Has every page of it mapped as if it had been touched, and none shared with the process that this one is a copy of,
    /// or with copies of this one: what comes later takes no page fault. It is worth its time in a process that is about to
    /// wait and then has to be quick.
    ///
    /// - Parameter code: whether what is only read comes, too: a process that is about to execute another program does
    ///   without, for the kernel takes every page out again then.
    public static func populate(code: Bool) throws(SystemError) {
        let path = "/proc/self/maps"
        let text = String(decoding: try WholeFile.read(path) ?? [], as: UTF8.self)
        for line in text.split(separator: "\n") {
            // START-END PERMISSIONS … (proc_pid_maps(5)).
            let fields = line.split(separator: " ", maxSplits: 2)
            guard fields.count > 1, let (start, size) = range(fields[0]), fields[1].hasSuffix("p"),
                fields[1].hasPrefix("r")
            else { continue }
            let isWritable = fields[1].hasPrefix("rw")
            guard isWritable || code else { continue }
            let advice = isWritable ? populateWrite : populateRead
            // Changes nothing but page tables; for what it cannot be done (the kernel's own pages) it is not.
            _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: start), size, advice)
        }
    }

    private static func range(_ field: Substring) -> (start: UInt, size: Int)? {
        let bounds = field.split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
        return (bounds[0], Int(clamping: bounds[1] - bounds[0]))
    }
}
