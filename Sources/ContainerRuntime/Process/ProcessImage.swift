import CLinux
import Glibc

/// Arguments and environment as execve(2) takes them.
struct ProcessImage {
    let arguments: [String]
    let environment: [String]

    /// Becomes another program. Returns only on failure, with errno set.
    func execute(_ file: String) {
        // strdup's copies live until execve replaces everything, or the process ends, which is soon where it fails.
        var argv = unsafe arguments.map { unsafe strdup($0) }
        unsafe argv.append(nil)
        var envp = unsafe environment.map { unsafe strdup($0) }
        unsafe envp.append(nil)
        unsafe execve(file, &argv, &envp)
    }
}
