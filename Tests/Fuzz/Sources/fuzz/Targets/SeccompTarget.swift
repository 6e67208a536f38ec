import OCISpec

@testable import ContainerRuntime

/// A profile of system calls in moby's form, from the text to the program.
let seccompTarget = FuzzTarget(name: "seccomp") { bytes in
    guard let profile = try? SeccompProfile(parsing: bytes) else { return }
    let resolved = profile.resolve(capabilities: ["CAP_SYS_ADMIN"], kernel: KernelVersion(6, 1))
    guard let program = try? SeccompCompiler.compile(resolved) else { return }
    if !SeccompProgram.isWellFormed(program.bytes) { fatalError("a compiled program is not well formed") }
}
