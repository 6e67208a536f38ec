import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Carries out the mounts of a specification in a new root, before `pivot_root`.
struct MountApplication {
    let root: MountDestination
    let bundle: String
    /// Whether this process is in a user namespace of the container's.
    let inUserNamespace: Bool
    /// Detached mounts that the parent has prepared, by their place in the specification.
    let prepared: [Int: CInt]
    /// Mounts that this process made before there was a root, likewise.
    var staged: [Int: MountStage.Entry] = [:]
    /// Where the host keeps control groups; nil where none are mounted.
    let layout: ControlGroup.Layout?
    let hasCgroupNamespace: Bool

    /// Mounts all, in order.
    func apply(_ mounts: [Spec.Mount]) throws(RuntimeError) {
        for (index, mount) in mounts.enumerated() {
            if let entry = staged[index] {
                try move(entry, mount)
                continue
            }
            let options = MountOptions(mount.options ?? [])
            if options.bind || mount.type == "bind" || prepared[index] != nil {
                try bind(mount, options, prepared: prepared[index])
            } else if mount.type == "cgroup" || mount.type == "cgroup2" {
                try mountControlGroups(mount, options)
            } else {
                try mountNew(mount, options)
            }
        }
    }

    /// Makes file systems read-only that had to be written first: devices and copied files go into a tmpfs.
    func finish(_ mounts: [Spec.Mount]) throws(RuntimeError) {
        for (index, mount) in mounts.enumerated() where mount.type == "tmpfs" && staged[index] == nil {
            guard MountOptions(mount.options ?? []).readOnly else { continue }
            try setReadOnly(mount.destination)
        }
    }

    func setReadOnly(_ path: String) throws(RuntimeError) {
        try step(path) { () throws(SystemError) in
            let place = try root.find(path)
            try MountCall.setAttributes(place.number, set: MountAttribute.readOnly, name: path)
        }
    }

    func step<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(RuntimeError) -> Result {
        try during("mount on \(printable(path)) in the container", body)
    }

    /// Whether links in the image may be on the way to a mount's place. Those that show the kernel's own state take writes
    /// that mean something: a link must not move them.
    private static func followsLinks(_ mount: Spec.Mount) -> Bool { mount.type != "proc" && mount.type != "sysfs" }

    /// Moves a mount, with what is mounted in it, from the stage into the root.
    private func move(_ entry: MountStage.Entry, _ mount: Spec.Mount) throws(RuntimeError) {
        try step(mount.destination) { () throws(SystemError) in
            let place = try root.findOrMake(
                mount.destination, entry.isDirectory ? .directory : .file, links: Self.followsLinks(mount))
            try MountCall.attach(entry.file, on: place.number, name: mount.destination)
        }
    }

    private func mountNew(_ mount: Spec.Mount, _ options: MountOptions) throws(RuntimeError) {
        let type = mount.type ?? "none"
        try step(mount.destination) { () throws(SystemError) in
            let place = try root.findOrMake(mount.destination, .directory, links: Self.followsLinks(mount))
            var flags = options.mountFlags
            if type == "tmpfs" { flags &= ~MountFlag.readOnly }
            do throws(SystemError) {
                try MountCall.mount(
                    type: type, source: mount.source ?? type, on: place.number, flags: flags,
                    data: options.data.joined(separator: ","), name: mount.destination)
            } catch {
                guard inUserNamespace else { throw error }
                try mountNewUnprivileged(mount, options, place.number, flags, error)
            }
        }
        try step(mount.destination) { () throws(SystemError) in
            if options.copyUp { try copyUp(mount.destination) }
            if options.propagation != 0 { try propagate(mount.destination, options) }
        }
    }

    /// What a user namespace's root may not do as it was asked, in the way that it may.
    private func mountNewUnprivileged(
        _ mount: Spec.Mount, _ options: MountOptions, _ place: CInt, _ flags: UInt, _ error: SystemError
    ) throws(SystemError) {
        if mount.type == "devpts" && error.number == EINVAL {
            // The group of terminals (gid=5) is not mapped.
            let data = options.data.filter { !$0.hasPrefix("gid=") }.joined(separator: ",")
            try MountCall.mount(
                type: "devpts", source: "devpts", on: place, flags: flags, data: data, name: mount.destination)
        } else if mount.type == "sysfs" && error.number == EPERM {
            // A new sysfs needs a network namespace of one's own; the host's, read-only, does not.
            let tree = try MountCall.clone("/sys", recursive: true)
            try MountCall.setAttributes(
                tree.number, set: options.set | MountAttribute.readOnly, recursive: true, name: mount.destination)
            try MountCall.attach(tree.number, on: place, name: mount.destination)
        } else {
            throw error
        }
    }

    private func propagate(_ path: String, _ options: MountOptions) throws(SystemError) {
        let place = try root.find(path)
        try MountCall.setAttributes(
            place.number, set: 0, propagation: options.propagation, recursive: options.recursivePropagation, name: path)
    }

    private func bind(_ mount: Spec.Mount, _ options: MountOptions, prepared: CInt?) throws(RuntimeError) {
        guard let source = mount.source, !source.isEmpty else { throw Self.lacksSource(mount) }
        try step(mount.destination) { () throws(SystemError) in
            let tree: OwnedDescriptor
            if let prepared {
                tree = OwnedDescriptor(owning: prepared)
            } else {
                tree = try MountCall.clone(Self.sourcePath(source, bundle), recursive: options.recursiveBind)
            }
            let isDirectory = try fileStatus(tree.number, source).isDirectory
            let place = try root.findOrMake(mount.destination, isDirectory ? .directory : .file)
            try attach(tree.number, on: place.number, options, name: mount.destination)
        }
    }

    /// The error of a bind mount of nothing.
    static func lacksSource(_ mount: Spec.Mount) -> RuntimeError {
        .invalid(at: "mounts", reason: "the bind mount on \(printable(mount.destination)) has no source")
    }

    /// A source of a bind mount, which may be relative to the bundle.
    static func sourcePath(_ source: String, _ bundle: String) -> String {
        source.hasPrefix("/") ? source : bundle + "/" + source
    }

    /// Sets a detached mount's attributes, then attaches it: it is never seen without them.
    func attach(_ tree: CInt, on place: CInt, _ options: MountOptions, name: String) throws(SystemError) {
        if options.set | options.cleared != 0 {
            try MountCall.setAttributes(tree, set: options.set, clear: options.cleared, name: name)
        }
        if options.recursiveSet | options.recursiveCleared != 0 {
            try MountCall.setAttributes(
                tree, set: options.recursiveSet, clear: options.recursiveCleared, recursive: true, name: name)
        }
        try MountCall.attach(tree, on: place, name: name)
        if options.propagation != 0 {
            try MountCall.setAttributes(
                tree, set: 0, propagation: options.propagation, recursive: options.recursivePropagation, name: name)
        }
    }
}
