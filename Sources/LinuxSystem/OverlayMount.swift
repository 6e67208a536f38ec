import CLinux
import Glibc

/// An overlay of directories.
public struct OverlayMount {
    /// The side that takes changes.
    public struct WritableSide {
        /// The directory of what was changed.
        public let upper: String
        /// An empty directory of the same file system, for overlayfs itself.
        public let work: String

        /// Makes one.
        public init(upper: String, work: String) {
            self.upper = upper
            self.work = work
        }
    }

    private let lower: [String]
    private let writable: WritableSide?
    private let flags: [String]

    /// Makes one.
    ///
    /// - Parameters:
    ///   - lower: directories that are only read, topmost first; two at least where there is no writable side.
    ///   - writable: without it the overlay is read-only.
    ///   - flags: options without a value.
    public init(lower: [String], writable: WritableSide? = nil, flags: [String] = []) {
        self.lower = lower
        self.writable = writable
        self.flags = flags
    }

    /// Makes the mount, attached nowhere.
    ///
    /// - Parameter mountPoint: a directory on which this process may mount for a moment.
    public func make(mountPoint: String) throws(SystemError) -> OwnedDescriptor {
        if flags.contains("volatile"), let work = writable?.work {
            // The mark of an earlier volatile mount, whose files may not be on disk after a crash of the host. Nobody
            // relies on them.
            _ = unsafe unlink(work + "/work/incompat/volatile/dirty")
            _ = unsafe rmdir(work + "/work/incompat/volatile")
        }
        do throws(SystemError) {
            return try makeByLayers()
        } catch {
            // Linux before 6.7 does not take layers one by one.
            guard error.number == EINVAL else { throw error }
            do throws(SystemError) {
                return try makeByList(mountPoint)
            } catch let second {
                // What a newer kernel refuses both times it explained the first time.
                throw second.number == EINVAL ? error : second
            }
        }
    }

    private func makeByLayers() throws(SystemError) -> OwnedDescriptor {
        let context = OwnedDescriptor(
            owning: try systemCall("fsopen", "overlay") {
                unsafe linux_fsopen("overlay", TreeFlag.fsOpenCloseOnExec)
            })
        try configure(context.number)
        return OwnedDescriptor(
            owning: try systemCall("fsmount", "overlay") {
                linux_fsmount(context.number, TreeFlag.fsMountCloseOnExec, 0)
            })
    }

    private func configure(_ context: CInt) throws(SystemError) {
        try set(context, "source", "overlay")
        for layer in lower { try set(context, "lowerdir+", layer) }
        if let writable {
            try set(context, "upperdir", writable.upper)
            try set(context, "workdir", writable.work)
        }
        for flag in flags {
            try systemCall("fsconfig", "overlay \(flag)") {
                unsafe linux_fsconfig(context, TreeFlag.setFlag, flag, nil, 0)
            }
        }
        do throws(SystemError) {
            try systemCall("fsconfig", "overlay") {
                linux_fsconfig(context, TreeFlag.create, nil, nil, 0)
            }
        } catch {
            throw SystemError(error.call, "overlay\(explanation(context))", number: error.number)
        }
    }

    private func set(_ context: CInt, _ key: String, _ value: String) throws(SystemError) {
        try systemCall("fsconfig", "overlay \(key)=\(value)") {
            unsafe linux_fsconfig(context, TreeFlag.setString, key, value, 0)
        }
    }

    /// The kernel's own words about what it did not like, which a file system context can be read for.
    private func explanation(_ context: CInt) -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let length = unsafe buffer.withUnsafeMutableBytes { room in
            unsafe read(context, room.baseAddress, room.count)
        }
        guard length > 0 else { return "" }
        return " (" + printable(String(decoding: buffer.prefix(length), as: UTF8.self)) + ")"
    }

    /// All layers in one option of mount(2), which has room for a page: so each is named by an open file of it, short and
    /// without characters that mean something there.
    private func makeByList(_ mountPoint: String) throws(SystemError) -> OwnedDescriptor {
        var files: [CInt] = []
        defer { for file in files { close(file) } }
        func name(_ path: String) throws(SystemError) -> String {
            let file = try OwnedDescriptor.open(path, O_PATH | O_DIRECTORY).release()
            files.append(file)
            return descriptorPath(file)
        }
        var names: [String] = []
        for path in lower { names.append(try name(path)) }
        var options = ["lowerdir=" + names.joined(separator: ":")]
        if let writable {
            options += ["upperdir=" + (try name(writable.upper)), "workdir=" + (try name(writable.work))]
        }
        let data = (options + flags).joined(separator: ",")
        // The kernel would cut what is longer than a page.
        guard data.utf8.count < 4096 else { throw SystemError("mount", "\(lower.count) layers", number: E2BIG) }
        try systemCall("mount", "overlay") { unsafe linux_mount("overlay", mountPoint, "overlay", 0, data) }
        defer { _ = unsafe linux_umount2(mountPoint, CInt(MNT_DETACH)) }
        return try MountCall.clone(mountPoint, recursive: false)
    }
}
