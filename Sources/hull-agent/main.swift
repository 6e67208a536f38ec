import CAgentStart
import Glibc
import LinuxSystem

// The guest's first process. It never returns: an end of process 1 is a panic of the kernel, so every end is a power-off.

/// Writes a line to the kernel's log, which is the machine's console.
func log(_ text: String) {
    guard let file = try? OwnedDescriptor.open("/dev/kmsg", O_WRONLY) else { return }
    // Without a console there is nobody to tell.
    try? WholeFile.write(Array("hull-agent: \(text)\n".utf8), to: file.number, "/dev/kmsg")
}

do {
    try GuestMounts.make()
    try GuestOvercommit.allow()
    var agent = try Agent()
    try agent.run()
} catch {
    log("\(error)")
}
PowerOff.now()
