import CLinux
import Glibc
import LinuxSystem
import MachineJail

// jail-probe [user:NUMBER] KIND…: shuts itself in as hull-vmm does, and prints what it still can: "walls" without a thread's
// filter, "processor" or "devices" with that thread's, "reach:PID" what of a process with that number on the host. "stay" says
// so and waits for the end of standard input. Descriptor 3 is kept, as hull-vmm keeps those of its disks.

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
    let words = arguments.filter { $0 != inside }.map { $0.split(separator: ":").map(String.init) }
    let user = words.first { $0[0] == "user" }.flatMap { UInt32($0[1]) }
    try Jail(user: user ?? 65534).close()
    for word in words {
        let kind = word[0]
        switch kind {
        case "user": break
        case "reach": Walls.showReach(of: pid_t(word[1]) ?? 0)
        case "stay":
            say("stays")
            var byte: UInt8 = 0
            _ = read(STDIN_FILENO, &byte, 1)
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
