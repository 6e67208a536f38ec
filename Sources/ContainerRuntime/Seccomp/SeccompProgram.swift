import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// A compiled filter: classic BPF as seccomp(2) takes it.
public struct SeccompProgram: Sendable, Equatable {
    /// The instructions as bytes, eight each (`struct sock_filter`).
    public let bytes: [UInt8]
    /// Flags for seccomp(2): SECCOMP_FILTER_FLAG_LOG and so on.
    public let flags: UInt32

    /// How many instructions it has.
    public var count: Int { bytes.count / 8 }

    init(bytes: [UInt8], flags: UInt32) {
        self.bytes = bytes
        self.flags = flags
    }

    /// The program of a source, from the cache where it is there.
    ///
    /// - Parameters:
    ///   - source: what the filter is.
    ///   - cacheDirectory: where compiled programs are kept: a directory that only this user can write, made where it is
    ///     missing. Without it, or where it is not usable, the program is compiled anew.
    /// - Returns: nil for no filter.
    public static func load(
        _ source: SeccompSource, cacheDirectory: String?
    ) throws(SeccompError) -> SeccompProgram? {
        switch source {
        case .none: return nil
        case .spec(let spec): return try load(for: spec, cacheDirectory: cacheDirectory)
        case .builtin(let capabilities):
            let kernel = KernelVersion.running
            let key = SeccompKey(builtinFor: capabilities, kernel: kernel)
            if let known = SeccompCache.read(key, cacheDirectory) { return known }
            let spec = try SeccompProfile.builtin().resolve(capabilities: Set(capabilities), kernel: kernel)
            let program = try SeccompCompiler.compile(spec)
            SeccompCache.write(program, key, cacheDirectory)
            return program
        }
    }

    /// The program of a resolved filter, from the cache where it is there.
    public static func load(
        for spec: Spec.Seccomp, cacheDirectory: String?
    ) throws(SeccompError) -> SeccompProgram {
        let key = SeccompKey(spec)
        if let known = SeccompCache.read(key, cacheDirectory) { return known }
        let program = try SeccompCompiler.compile(spec)
        SeccompCache.write(program, key, cacheDirectory)
        return program
    }

    /// Puts the filter in force for the calling thread and all that it starts, for good. Needs no_new_privs or
    /// CAP_SYS_ADMIN. Does not allocate, so it may run between clone3 and execve.
    ///
    /// - Returns: 0, or an error number.
    public func install() -> CInt {
        // The kernel copies the instructions during the call; sock_filter has 8 bytes and needs alignment 4, and the
        // elements of an array are aligned to 16.
        unsafe bytes.withUnsafeBytes { raw in
            let instructions = unsafe raw.baseAddress?.assumingMemoryBound(to: sock_filter.self)
            return unsafe linux_seccomp_set_filter(flags, instructions, UInt16(truncatingIfNeeded: count)) == 0
                ? 0 : errno
        }
    }
}
