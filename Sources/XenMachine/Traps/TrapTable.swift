import MachineMonitor

/// Where the guest's kernel wants its exceptions.
struct TrapTable {
    /// One exception's handler.
    struct Entry: Equatable {
        var address: UInt64 = 0
        /// Whether events are masked while it runs.
        var masksEvents = false
    }

    /// By vector.
    private var entries = [Entry](repeating: Entry(), count: 256)

    /// Bytes of Xen's struct trap_info.
    static let entrySize = 16

    /// What one struct trap_info says; nil at a list's end.
    static func entry(_ bytes: ArraySlice<UInt8>) -> (vector: Int, Entry)? {
        let bytes = Array(bytes)
        let address = bytes.get(UInt64.self, at: 8)
        return address == 0 ? nil : (Int(bytes[0]), Entry(address: address, masksEvents: bytes[1] & 4 != 0))
    }

    subscript(vector: Int) -> Entry {
        get { entries[vector] }
        set { entries[vector] = newValue }
    }

    /// The handlers that there are, by vector.
    var set: [Int: Entry] {
        [Int: Entry](uniqueKeysWithValues: entries.enumerated().filter { $1.address != 0 }.map { ($0, $1) })
    }

    /// Forgets all handlers.
    mutating func clear() { entries = [Entry](repeating: Entry(), count: 256) }

    /// The vectors whose exceptions come with an error code (Intel SDM volume 3, table 6-1).
    static func hasErrorCode(_ vector: Int) -> Bool { [8, 10, 11, 12, 13, 14, 17, 21].contains(vector) }
}
