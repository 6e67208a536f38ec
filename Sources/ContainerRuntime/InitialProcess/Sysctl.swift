import LinuxSystem
import OCISpec

/// Kernel parameters of the container's own namespaces (sysctl(8), config-linux.md "Sysctl").
enum Sysctl {
    private static let ofIPC: Set<String> = [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
        "kernel/shmmni", "kernel/shm_rmid_forced",
    ]

    /// The path below /proc/sys of a name; nil for a name that could lead elsewhere. Where the first separator is a
    /// slash, dots are part of names (`net/ipv4/conf/eth0.1/forwarding`).
    static func path(of name: String) -> String? {
        let separators: [Character] = [".", "/"]
        guard let first = name.first(where: separators.contains) else { return nil }
        let components: [String]
        if first == "/" {
            components = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        } else {
            // The other separator stands for itself, the other way round.
            components = name.split(separator: ".", omittingEmptySubsequences: false).map { component in
                String(component.map { $0 == "/" ? "." : $0 })
            }
        }
        for component in components where component.isEmpty || component == "." || component == ".." { return nil }
        return components.joined(separator: "/")
    }

    /// Lets through what belongs to a namespace that the container does not share with the host.
    static func check(_ parameters: [String: String]?, _ namespaces: NamespacePlan) throws(RuntimeError) {
        for (name, value) in parameters ?? [:] {
            let place = "linux.sysctl"
            guard let path = path(of: name), !name.utf8.contains(0), !value.utf8.contains(0) else {
                throw .invalid(at: place, reason: "there is no parameter \"\(printable(name))\"")
            }
            let kind: Spec.Namespace.Kind
            if path.hasPrefix("net/") {
                kind = .network
            } else if path.hasPrefix("fs/mqueue/") || ofIPC.contains(path) {
                kind = .ipc
            } else if path == "kernel/domainname" {
                kind = .uts
            } else {
                throw .invalid(
                    at: place, reason: "\(printable(name)) belongs to no namespace: it would be set for the whole host")
            }
            guard namespaces.changes(kind) else {
                throw .invalid(
                    at: place,
                    reason: "\(printable(name)) would be set for the host: the container has no \(kind.rawValue) "
                        + "namespace of its own")
            }
        }
    }

    /// Sets all in the calling process's namespaces, through the host's /proc.
    static func apply(_ parameters: [String: String]?) throws(RuntimeError) {
        for (name, value) in (parameters ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let path = path(of: name) else { continue }
            try during("set \(printable(name)) to \(printable(value))") { () throws(SystemError) in
                try KernelFile.write("/proc/sys/" + path, value)
            }
        }
    }
}
