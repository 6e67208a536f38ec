import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Mounts that the maker of a container makes for it, detached: those that root of the container's user namespace has
/// no right to.
struct MountPreparation {
    let plan: ContainerPlan

    /// Makes them. What is made belongs to the first process, which closes it; in this process `PreparedMounts.close`
    /// does.
    func make() throws(RuntimeError) -> PreparedMounts {
        var prepared = PreparedMounts()
        do throws(RuntimeError) {
            // An ordinary user's container finds by itself whatever its user may see.
            let forUserNamespace = plan.namespaces.creates(.user) && geteuid() == 0
            if forUserNamespace { prepared.root = try makeRoot().release() }
            for (index, mount) in plan.mounts.enumerated() {
                let options = MountOptions(mount.options ?? [])
                guard options.bind || mount.type == "bind", let source = mount.source else { continue }
                if options.idMapped || mount.uidMappings?.isEmpty == false || forUserNamespace {
                    prepared.binds[index] = try bind(mount, options, source).release()
                }
            }
        } catch {
            prepared.close()
            throw error
        }
        return prepared
    }

    /// A detached mount of a bind mount's source.
    func bind(_ mount: Spec.Mount) throws(RuntimeError) -> OwnedDescriptor {
        guard let source = mount.source, !source.isEmpty else { throw MountApplication.lacksSource(mount) }
        return try bind(mount, MountOptions(mount.options ?? []), source)
    }

    private func bind(
        _ mount: Spec.Mount, _ options: MountOptions, _ source: String
    ) throws(RuntimeError) -> OwnedDescriptor {
        let tree = try during("mount on \(printable(mount.destination)) in the container") { () throws(SystemError) in
            try MountCall.clone(
                MountApplication.sourcePath(source, plan.request.bundle), recursive: options.recursiveBind)
        }
        guard options.idMapped || mount.uidMappings?.isEmpty == false else { return tree }
        let mappings = try IdentityMappedMounts(
            users: mount.uidMappings ?? plan.linux.uidMappings ?? [],
            groups: mount.gidMappings ?? plan.linux.gidMappings ?? [])
        try mappings.apply(to: tree.number, recursive: options.recursiveIDMapped, name: source)
        return tree
    }

    private func makeRoot() throws(RuntimeError) -> OwnedDescriptor {
        switch plan.request.root {
        case .directory:
            return try plan.request.root.mountDetached(
                inUserNamespace: false, isVolatile: false, mountPoint: plan.request.mountPoint)
        case .overlay(let lower, let upper, let work):
            let users = plan.linux.uidMappings ?? []
            let groups = plan.linux.gidMappings ?? []
            let mappings = try IdentityMappedMounts(users: users, groups: groups)
            let overlay = MappedOverlay(
                lower: lower, upper: upper, work: work, mountPoint: plan.request.mountPoint,
                root: (IDMapping.host(0, users), IDMapping.host(0, groups)), isVolatile: plan.request.isVolatile)
            return try overlay.make(mappings)
        }
    }
}
