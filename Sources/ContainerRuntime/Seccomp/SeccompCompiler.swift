import CLinux
import CSeccomp
import Glibc
import LinuxSystem
import OCISpec

/// Compiles a resolved filter with libseccomp. Slow (tens of milliseconds for the default profile): see `SeccompCache`.
enum SeccompCompiler {
    static func compile(_ spec: Spec.Seccomp) throws(SeccompError) -> SeccompProgram {
        let flags = try SeccompFlag.value(of: spec.flags ?? [])
        let defaultAction = try SeccompAction.parse(spec.defaultAction, at: "defaultAction")
        let defaultValue = defaultAction.value(spec.defaultErrnoRet)
        guard let context = unsafe seccomp_init(defaultValue) else {
            throw .library("setting the default action \(spec.defaultAction)", number: EINVAL)
        }
        defer { unsafe seccomp_release(context) }

        // 2: a binary tree over the call's number. The kernel asks the filter about every number when it is installed,
        // so a short way through it pays at once.
        let optimized = unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        if optimized != 0 { throw .library("choosing a binary tree", number: -optimized) }

        for (index, name) in (spec.architectures ?? []).enumerated() {
            let place = "architectures[\(index)]"
            guard let token = token(of: name) else {
                throw .malformed(
                    at: place, reason: "\"\(name.prefix(40))\" is no architecture such as SCMP_ARCH_X86_64")
            }
            let result = unsafe seccomp_arch_add(context, token)
            if result != 0 && result != -EEXIST { throw .library("adding \(name)", number: -result) }
        }

        var prologue = SeccompPrologue(defaultAction: defaultAction, architectures: spec.architectures ?? [])
        for (index, rule) in (spec.syscalls ?? []).enumerated() {
            let place = "syscalls[\(index)]"
            let action = try SeccompAction.parse(rule.action, at: place + ".action")
            let value = action.value(rule.errnoRet)
            // libseccomp refuses rules that change nothing.
            if value == defaultValue { continue }
            let alternatives = try alternatives(rule.args ?? [], at: place)
            for name in rule.names {
                let number = unsafe seccomp_syscall_resolve_name(name)
                if number == -1 {
                    try prologue.add(name, action, value, conditional: rule.args?.isEmpty == false, at: place)
                    continue
                }
                for arguments in alternatives {
                    // libseccomp copies the comparisons.
                    let result = unsafe arguments.withUnsafeBufferPointer {
                        unsafe seccomp_rule_add_array(context, value, number, UInt32($0.count), $0.baseAddress)
                    }
                    // The same rule twice is no fault.
                    if result != 0 && result != -EEXIST {
                        throw .library("\(place): a rule for \(name)", number: -result)
                    }
                }
            }
        }
        let bytes = unsafe prologue.bytes + (try export(context))
        guard SeccompProgram.isWellFormed(bytes) else {
            throw .malformed(at: "", reason: "it makes a program of \(bytes.count / 8) instructions; 4096 are allowed")
        }
        return SeccompProgram(bytes: bytes, flags: flags)
    }

    /// All conditions of a rule must hold; where two are about the same argument any of them suffices, and each is a
    /// rule of its own (as other runtimes read the specification).
    private static func alternatives(
        _ arguments: [Spec.Seccomp.Argument], at place: String
    ) throws(SeccompError) -> [[scmp_arg_cmp]] {
        var comparisons: [scmp_arg_cmp] = []
        for (index, argument) in arguments.enumerated() {
            guard argument.index <= 5 else {
                throw .malformed(at: "\(place).args[\(index)].index", reason: "must be 0 to 5")
            }
            guard let comparison = SeccompComparison(rawValue: argument.op) else {
                throw .malformed(at: "\(place).args[\(index)].op", reason: "is no comparison such as SCMP_CMP_EQ")
            }
            comparisons.append(
                scmp_arg_cmp(
                    arg: argument.index, op: scmp_compare(rawValue: comparison.number), datum_a: argument.value,
                    datum_b: argument.valueTwo ?? 0))
        }
        if Set(arguments.map(\.index)).count < arguments.count { return comparisons.map { [$0] } }
        return [comparisons]
    }

    private static func token(of name: String) -> UInt32? {
        guard name.hasPrefix("SCMP_ARCH_") else { return nil }
        let token = unsafe seccomp_arch_resolve_name(name.dropFirst(10).lowercased())
        return token == 0 ? nil : token
    }

    private static func export(_ context: scmp_filter_ctx) throws(SeccompError) -> [UInt8] {
        do {
            let file = OwnedDescriptor(
                owning: try systemCall("memfd_create") { unsafe linux_memfd_create("seccomp", 1) })
            let result = unsafe seccomp_export_bpf(context, file.number)
            if result != 0 { throw SeccompError.library("exporting the program", number: -result) }
            let size = Int(try systemCall("lseek") { lseek(file.number, 0, SEEK_END) })
            try systemCall("lseek") { lseek(file.number, 0, SEEK_SET) }
            return try SeccompCache.readAll(file.number, size)
        } catch let error as SeccompError {
            throw error
        } catch {
            throw .system(error as? SystemError ?? SystemError("memfd_create", "", number: EIO))
        }
    }
}
