import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// The last part of every process that becomes a workload, whether it is a container's first or a further one: it is in
/// the container already, and root there.
struct Workload {
    let process: Spec.Process
    let credentials: Credentials
    let filter: SeccompProgram?
    /// The runtime's own program.
    let forbidden: FileIdentity?
    /// Whether it is started by a process 1 of ours.
    let useInit: Bool

    /// Becomes the workload. Returns only by an error.
    ///
    /// - Parameter channel: where the error of a later process is told; it closes when execve succeeds.
    func run(channel: CInt) throws(RuntimeError) -> Never {
        let file = try prepare()
        try restrict()
        try execute(file, channel: channel)
    }

    /// Becomes the workload's user in its working directory.
    ///
    /// - Returns: the file to execute.
    func prepare() throws(RuntimeError) -> String {
        // Root may enter what the user may not, and the other way round (NFS); either will do, as in other runtimes.
        let entered = unsafe chdir(process.cwd) == 0
        try during("become user \(process.user.uid):\(process.user.gid)") { () throws(SystemError) in
            try credentials.becomeUser()
        }
        if !entered, unsafe chdir(process.cwd) != 0 {
            throw .workingDirectory(printable(process.cwd), reason: errorText(errno))
        }
        try checkInside()
        return try ExecutableSearch(path: searchPath, forbidden: forbidden).find(process.args?.first ?? "")
    }

    /// Executes the file, or starts it below a process 1 of ours. Returns only by an error.
    func execute(_ file: String, channel: CInt) throws(RuntimeError) -> Never {
        let image = ProcessImage(arguments: process.args ?? [], environment: process.env ?? [])
        if useInit { startBelow(image, file, channel: channel) }
        image.execute(file)
        throw Self.executionError(file, errno)
    }

    /// The error of a failed execve(2).
    static func executionError(_ file: String, _ number: CInt) -> RuntimeError {
        // The file was there: what is missing is its interpreter or its loader.
        number == ENOENT || number == ENOTDIR
            ? .commandNotFound(printable(file)) : .commandNotExecutable(printable(file), reason: errorText(number))
    }

    private var searchPath: String {
        for variable in process.env ?? [] where variable.hasPrefix("PATH=") { return String(variable.dropFirst(5)) }
        return ExecutableSearch.defaultPath
    }

    /// Refuses a working directory outside of the container's root, into which an open file of ours could have led.
    private func checkInside() throws(RuntimeError) {
        let path = unsafe getcwd(nil, 0)
        // getcwd's own buffer, ended by a zero.
        defer { unsafe free(path) }
        if let path = unsafe path, unsafe path.pointee == CChar(bitPattern: UInt8(ascii: "/")) { return }
        throw .workingDirectory(printable(process.cwd), reason: "it is not in the container")
    }

    /// Gives up capabilities and puts the filter in force. Without no_new_privs the kernel wants CAP_SYS_ADMIN for a
    /// filter, so it comes before the capabilities go; with it, it comes last.
    func restrict() throws(RuntimeError) {
        let noNewPrivileges = process.noNewPrivileges == true
        if noNewPrivileges {
            try during("set no_new_privs") { () throws(SystemError) in
                try systemCall("prctl") { linux_prctl(ProcessControl.setNoNewPrivileges, 1, 0, 0, 0) }
            }
        } else if let filter {
            try during("install the seccomp filter") { () throws(SystemError) in
                try credentials.setEffective(credentials.capabilities.effective | Capability.systemAdministration)
                try Self.install(filter)
            }
        }
        try during("give up capabilities") { () throws(SystemError) in try credentials.giveUpRest() }
        if noNewPrivileges, let filter {
            try during("install the seccomp filter") { () throws(SystemError) in try Self.install(filter) }
        }
    }

    private static func install(_ filter: SeccompProgram) throws(SystemError) {
        let number = filter.install()
        if number != 0 { throw SystemError("seccomp", "", number: number) }
    }
}
