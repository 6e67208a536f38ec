import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Which namespaces a container makes and which it joins.
struct NamespacePlan {
    /// Flags of clone(2) of those that are made.
    let created: UInt64
    /// Those that are joined, by the path of each.
    let joined: [(kind: Spec.Namespace.Kind, path: String)]

    /// Reads and checks a list of namespaces.
    init(_ namespaces: [Spec.Namespace]?) throws(RuntimeError) {
        var created: UInt64 = 0
        var joined: [(kind: Spec.Namespace.Kind, path: String)] = []
        var seen: UInt64 = 0
        for namespace in namespaces ?? [] {
            let name = namespace.type.rawValue
            guard seen & namespace.type.flag == 0 else {
                throw .invalid(at: "linux.namespaces", reason: "the \(name) namespace is there twice")
            }
            seen |= namespace.type.flag
            if let path = namespace.path, !path.isEmpty {
                guard path.hasPrefix("/"), !path.utf8.contains(0) else {
                    throw .invalid(
                        at: "linux.namespaces", reason: "the path of the \(name) namespace must be absolute")
                }
                joined.append((namespace.type, path))
            } else {
                created |= namespace.type.flag
            }
        }
        self.created = created
        self.joined = joined
    }

    /// Flags of those that clone3 makes: two are made by the first process itself, when it is in its control groups and
    /// knows its clocks.
    var madeByClone: UInt64 { created & ~(LINUX_CLONE_NEWCGROUP | LINUX_CLONE_NEWTIME) }

    /// Whether a namespace of this kind is made.
    func creates(_ kind: Spec.Namespace.Kind) -> Bool { created & kind.flag != 0 }

    /// Whether a namespace of this kind is joined.
    func joins(_ kind: Spec.Namespace.Kind) -> Bool { joined.contains { $0.kind == kind } }

    /// Whether it is another namespace than the maker's own.
    func changes(_ kind: Spec.Namespace.Kind) -> Bool { creates(kind) || joins(kind) }

    /// All that are not the maker's own.
    var kinds: [Spec.Namespace.Kind] { Spec.Namespace.Kind.allCases.filter(changes) }
}

/// The open files of namespaces to join.
struct OpenNamespaces: ~Copyable {
    private let entries: [(kind: Spec.Namespace.Kind, path: String, file: CInt)]

    /// Opens all. The user namespace comes first: it gives the right to join the others.
    init(_ joined: [(kind: Spec.Namespace.Kind, path: String)]) throws(RuntimeError) {
        var entries: [(kind: Spec.Namespace.Kind, path: String, file: CInt)] = []
        for (kind, path) in joined.sorted(by: { $0.kind == .user && $1.kind != .user }) {
            do throws(SystemError) {
                entries.append((kind, path, try OwnedDescriptor.open(path, O_RDONLY).release()))
            } catch {
                for entry in entries { close(entry.file) }
                throw .system(step: "open the \(kind.rawValue) namespace to join", error)
            }
        }
        self.entries = entries
    }

    deinit {
        for entry in entries { close(entry.file) }
    }

    /// The open file of a namespace, where one of this kind is joined.
    borrowing func file(of kind: Spec.Namespace.Kind) -> CInt? { entries.first { $0.kind == kind }?.file }

    /// Moves the calling process into one; a pid namespace takes its children only.
    borrowing func join(_ kind: Spec.Namespace.Kind) throws(RuntimeError) {
        for entry in entries where entry.kind == kind {
            try during("join the \(kind.rawValue) namespace") { () throws(SystemError) in
                // With the kind named the kernel refuses the file of another.
                try systemCall("setns", entry.path) { linux_setns(entry.file, CInt(truncatingIfNeeded: kind.flag)) }
            }
        }
    }

    /// Moves the calling process into all but these.
    borrowing func joinAll(except kinds: [Spec.Namespace.Kind]) throws(RuntimeError) {
        for entry in entries where !kinds.contains(entry.kind) { try join(entry.kind) }
    }
}
