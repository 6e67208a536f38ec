import Glibc
import LinuxSystem

/// Where kernels of guests are: each in a directory of its own, `HASH/vmlinux`, as `Kernels/build` leaves them.
struct KernelFiles {
    /// The kernel's name in its directory.
    static let name = "vmlinux"
    /// The link, among the store's kernels, to the one that machines start from.
    static let current = "current"

    private let root: String
    private let configuration: Configuration
    private let environment: [String: String]

    /// - Parameters:
    ///   - root: the store's directory.
    ///   - environment: for the place of what `Kernels/build` built.
    init(root: String, _ configuration: Configuration, _ environment: [String: String]) {
        self.root = root
        self.configuration = configuration
        self.environment = environment
    }

    /// The store's own kernels.
    var store: String { root + "/kernels" }

    /// The directories with kernels, in the order in which they are looked at: the store's, the installed one's, and what
    /// `Kernels/build` built for this user.
    var directories: [String] {
        let installed = ChildProgram.ownDirectories().prefix(1).map { $0 + "/../share/hull/kernels" }
        return [store] + installed + [built].compactMap { $0 }
    }

    /// Where `Kernels/build` puts kernels without being told.
    private var built: String? {
        func absolute(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        if let directory = absolute("HULL_KERNELS") { return directory }
        return (absolute("XDG_CACHE_HOME") ?? absolute("HOME").map { $0 + "/.cache" }).map { $0 + "/hull/kernels" }
    }

    /// The kernel that a machine starts from: the one chosen, else that of the configuration, else the first that is found.
    func find(chosen: String?) throws(LaunchError) -> String {
        if let chosen { return try check(chosen, "--kernel") }
        if let path = configuration.kernel {
            return try check(path, "vm.kernel of \(configuration.origin("vm.kernel"))")
        }
        for directory in directories {
            if let path = Self.newest(in: directory) { return path }
        }
        throw LaunchError("there is no kernel for micro-VMs yet: run 'hull kernel build', or name one by --kernel")
    }

    private func check(_ path: String, _ origin: String) throws(LaunchError) -> String {
        var status = stat()
        let shown = InvalidOption.shown(path)
        guard unsafe stat(path, &status) == 0, unsafe access(path, R_OK) == 0 else {
            let error = SystemError.last("open", path)
            throw LaunchError("kernel \(shown) of \(origin): \(error.reason)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LaunchError("kernel \(shown) of \(origin): it is not a file")
        }
        return path
    }

    /// The kernel of a directory that its link names, else the one that was made last.
    static func newest(in directory: String) -> String? {
        let linked = "\(directory)/\(current)/\(name)"
        if isReadable(linked) { return linked }
        // A directory that is not there, or not for us, has no kernels for us.
        let names = (try? WholeFile.names(in: directory)) ?? []
        return names.map { "\(directory)/\($0)/\(name)" }.filter(isReadable).max { time(of: $0) < time(of: $1) }
    }

    private static func time(of path: String) -> Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }
}

/// Whether this process may read a file.
func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }
