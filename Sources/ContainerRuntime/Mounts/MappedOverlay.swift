import CLinux
import Glibc
import LinuxSystem

/// An overlay whose layers are idmapped mounts. Before Linux 6.15 overlayfs takes only layers that are attached
/// somewhere, so it is made by a child in a mount namespace of its own, which ends with the child.
struct MappedOverlay {
    let lower: [String]
    let upper: String
    let work: String
    /// A directory over which the child may mount.
    let mountPoint: String
    /// The host's ids of root in the container.
    let root: (user: uid_t, group: gid_t)
    let isVolatile: Bool

    /// Makes the overlay's mount, attached nowhere.
    func make(_ mappings: borrowing IdentityMappedMounts) throws(RuntimeError) -> OwnedDescriptor {
        let step = "mount the overlay"
        let ends = try during(step) { () throws(SystemError) in try Channel.make() }
        let channel = OwnedDescriptor(owning: ends.parent)
        let childEnd = OwnedDescriptor(owning: ends.child)
        let child = try during(step) { () throws(SystemError) in try ClonedProcess.make(LINUX_CLONE_NEWNS, group: -1) }
        guard let child else { run(mappings, channel: ends.child) }
        OwnedDescriptor.close(childEnd)
        let received = try during(step) { () throws(SystemError) in try Channel.receive(channel.number) }
        child.reap()
        switch received?.message {
        case .ready?:
            guard let descriptor = received?.descriptor else { break }
            return OwnedDescriptor(owning: descriptor)
        case .failed(let error)?: throw error
        default: break
        }
        throw .initEnded("while it mounted the overlay")
    }

    /// In the child.
    private func run(_ mappings: borrowing IdentityMappedMounts, channel: CInt) -> Never {
        do throws(RuntimeError) {
            let overlay = try mount(mappings)
            try during("tell the parent") { () throws(SystemError) in
                try Channel.send(.ready, channel, descriptor: overlay.number)
            }
        } catch {
            Report.fail(error, channel)
        }
        _exit(0)
    }

    private func mount(_ mappings: borrowing IdentityMappedMounts) throws(RuntimeError) -> OwnedDescriptor {
        let place = try during("mount the overlay") { () throws(SystemError) in
            let all = try OwnedDescriptor.open("/", O_PATH | O_DIRECTORY)
            try MountCall.setAttributes(
                all.number, set: 0, propagation: MountFlag.isPrivate, recursive: true, name: "/")
            let place = try OwnedDescriptor.open(mountPoint, O_PATH | O_DIRECTORY)
            try MountCall.mount(
                type: "tmpfs", source: "tmpfs", on: place.number, flags: 0, data: "mode=700", name: mountPoint)
            return try OwnedDescriptor.open(mountPoint, O_PATH | O_DIRECTORY)
        }
        var layers: [String] = []
        for path in lower { layers.append(try attach(path, place.number, mappings, number: layers.count)) }
        // Both writable directories must be below one mount.
        let (common, upperRest, workRest) = Self.split(upper, work)
        let writable = try attach(common, place.number, mappings, number: layers.count)
        try during("mount the overlay", becomeContainerRoot)
        return try RootFilesystemSource.overlay(
            lower: layers, upper: writable + upperRest, work: writable + workRest
        ).mountDetached(inUserNamespace: false, isVolatile: isVolatile, mountPoint: mountPoint)
    }

    /// Overlayfs works in the layers as who mounts it. That must be someone who exists in the mappings; the capabilities
    /// stay.
    private func becomeContainerRoot() throws(SystemError) {
        try systemCall("prctl", "PR_SET_KEEPCAPS") { linux_prctl(ProcessControl.setKeepCapabilities, 1, 0, 0, 0) }
        try systemCall("setresgid", "\(root.group)") { linux_setresgid(root.group) }
        try systemCall("setresuid", "\(root.user)") { linux_setresuid(root.user) }
        let held = try Credentials.permitted()
        try systemCall("capset") { linux_capset(held, held, 0) }
    }

    private func attach(
        _ path: String, _ place: CInt, _ mappings: borrowing IdentityMappedMounts, number: Int
    ) throws(RuntimeError) -> String {
        let tree = try during("mount the overlay") { () throws(SystemError) in
            try MountCall.clone(path, recursive: false)
        }
        try mappings.apply(to: tree.number, recursive: false, name: path)
        return try during("mount the overlay") { () throws(SystemError) in
            let name = String(number)
            try systemCall("mkdir", name) { unsafe mkdirat(place, name, 0o700) }
            let target = try OwnedDescriptor.open(name, O_PATH | O_DIRECTORY, at: place)
            try MountCall.attach(tree.number, on: target.number, name: path)
            return mountPoint + "/" + name
        }
    }

    /// The directory above both paths, and what is left of each.
    static func split(_ first: String, _ second: String) -> (common: String, first: String, second: String) {
        let one = first.split(separator: "/")
        let two = second.split(separator: "/")
        let shared = zip(one, two).prefix { $0 == $1 }.count
        func text(_ components: some Sequence<Substring>) -> String { components.map { "/" + $0 }.joined() }
        let common = text(one.prefix(shared))
        return (common.isEmpty ? "/" : common, text(one.dropFirst(shared)), text(two.dropFirst(shared)))
    }
}
