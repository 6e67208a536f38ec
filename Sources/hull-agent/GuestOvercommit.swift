import Glibc
import LinuxSystem

/// How freely the guest's kernel promises memory (proc_sys_vm(5), overcommit_memory).
enum GuestOvercommit {
    /// Always, as a host does whose memory is far above a container's limit. By default a kernel refuses at once what is
    /// more than all of its memory, so that a small machine would refuse what a container of the same limit is granted.
    static func allow() throws(SystemError) {
        let path = "/proc/sys/vm/overcommit_memory"
        let file = try OwnedDescriptor.open(path, O_WRONLY)
        try WholeFile.write(Array("1".utf8), to: file.number, path)
    }
}
