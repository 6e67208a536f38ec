import CLinux
import Glibc
import LinuxSystem
import MachineJail

// jail-probe KIND…: shuts itself in as hull-vmm does, and prints what it still can: "walls" without a thread's filter,
// "processor" or "devices" with that thread's. Descriptor 3 is kept, as hull-vmm keeps those of its disks.

let inside = "--inside"
let kept: [CInt] = [0, 1, 2, 3]

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if !arguments.contains(inside) {
        try Jail.closeOthers(keeping: kept)
        try Jail.enterNamespaces(arguments + [inside])
    }
    guard getpid() == 1 else {
        throw SystemError("getpid", "\(inside) is this program's word to itself", number: EPERM)
    }
    try Jail(user: 65534).close()
    for kind in arguments where kind != inside {
        switch kind {
        case "walls": Walls.show()
        case "processor": AllowedCalls(filter: .processor).show()
        case "devices": AllowedCalls(filter: .devices).show()
        default: throw SystemError("jail-probe", "unknown kind '\(kind)'", number: EINVAL)
        }
    }
} catch {
    say("error: \(error)")
    exit(1)
}
exit(0)

/// Prints a line at once: children of this process end without flushing.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}
