import CKVM

extension ckvm_cpuid {
    /// A table for the kernel; what is past its room is left out.
    init(_ list: [kvm_cpuid_entry2]) {
        self.init()
        // The struct has room for so many entries; bytes of a trivial type.
        count = unsafe withUnsafeMutableBytes(of: &entries) { bytes in
            let room = unsafe bytes.bindMemory(to: kvm_cpuid_entry2.self)
            for (place, entry) in list.prefix(room.count).enumerated() { unsafe room[place] = entry }
            return UInt32(min(list.count, room.count))
        }
    }

    /// The entries that the kernel filled in.
    var array: [kvm_cpuid_entry2] {
        unsafe withUnsafeBytes(of: entries) { bytes in
            unsafe Array(bytes.bindMemory(to: kvm_cpuid_entry2.self).prefix(Int(count)))
        }
    }
}
