import Glibc
import LinuxSystem

/// Builds the kernel of micro-VMs, by the script that is installed with Hull, and makes it the one that machines start from.
public enum KernelBuild {
    /// Where the script is, relative to `hull`'s own directory: as installed, and in the folder in which Hull was built.
    private static let places = ["../share/hull/Kernels/build", "../../../Kernels/build"]

    /// Builds it; some minutes, unless it was built before. The script tells on standard error how far it is.
    ///
    /// - Parameter root: the store's directory.
    /// - Returns: the kernel's path.
    public static func run(root: String) throws -> String {
        let directories = ChildProgram.ownDirectories().prefix(1)
        let candidates = directories.flatMap { directory in places.map { "\(directory)/\($0)" } }
        guard let script = candidates.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw LaunchError("the script Kernels/build is not installed with hull (in share/hull)", status: 1)
        }
        let directory = root + "/kernels"
        let output = try ChildProgram.output(of: script, [directory], stream: 1)
        guard output.status == 0 else { throw LaunchError("the kernel was not built", status: 1) }
        // The script's only output is the kernel's path: DIRECTORY/HASH/vmlinux.
        guard let path = output.lastLine, path.hasPrefix(directory + "/"), path.hasSuffix("/" + KernelFiles.name),
            case let hash = path.dropFirst(directory.utf8.count + 1).dropLast(KernelFiles.name.utf8.count + 1),
            !hash.contains("/")
        else { throw LaunchError("Kernels/build said where no kernel is: \(printable(output.text))", status: 1) }
        try choose(String(hash), in: directory)
        return String(path)
    }

    /// Makes a kernel the current one of a directory.
    private static func choose(_ hash: String, in directory: String) throws {
        let temporary = "\(directory)/\(KernelFiles.current).\(getpid())"
        try systemCall("symlink", temporary) { unsafe symlink(hash, temporary) }
        try systemCall("rename", temporary) { unsafe rename(temporary, "\(directory)/\(KernelFiles.current)") }
    }
}
