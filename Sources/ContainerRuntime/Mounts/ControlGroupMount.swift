import CLinux
import Glibc
import LinuxSystem
import OCISpec

extension MountApplication {
    /// A control group mount: the v2 hierarchy where that is all there is; else a tmpfs with one directory a v1
    /// hierarchy, and names of single controllers as links to those that are joined (`cpu` to `cpu,cpuacct`). A v2
    /// hierarchy beside them is left out, as in Docker: to mount it takes a fifth of a whole start.
    func mountControlGroups(_ mount: Spec.Mount, _ options: MountOptions) throws(RuntimeError) {
        guard let layout else { return }
        if mount.type == "cgroup2" || layout.legacy.isEmpty {
            if layout.unified == nil { return }
            try step(mount.destination) { () throws(SystemError) in
                let place = try root.findOrMake(mount.destination, .directory)
                try mountUnified(on: place.number, mount.destination, options, layout)
            }
            return
        }
        try step(mount.destination) { () throws(SystemError) in
            let outer = try root.findOrMake(mount.destination, .directory)
            try MountCall.mount(
                type: "tmpfs", source: "tmpfs", on: outer.number, flags: options.mountFlags & ~MountFlag.readOnly,
                data: "mode=755,size=64k", name: mount.destination)
            let top = try root.find(mount.destination)
            for hierarchy in layout.legacy {
                try mountLegacy(hierarchy, in: top.number, mount.destination, options)
            }
            if options.readOnly {
                try MountCall.setAttributes(top.number, set: MountAttribute.readOnly, name: mount.destination)
            }
        }
    }

    private func mountLegacy(
        _ hierarchy: ControlGroup.Layout.Hierarchy, in top: CInt, _ destination: String, _ options: MountOptions
    ) throws(SystemError) {
        let name = hierarchy.controllers.joined(separator: ",")
        let place = try makeDirectory(name, in: top, destination)
        if hasCgroupNamespace {
            try MountCall.mount(
                type: "cgroup", source: "cgroup", on: place.number, flags: options.mountFlags, data: name,
                name: destination + "/" + name)
        } else {
            try bindOwnGroup(hierarchy, on: place.number, destination, options)
        }
        if hierarchy.controllers.count > 1 {
            for controller in hierarchy.controllers {
                try systemCall("symlink", destination + "/" + controller) { unsafe symlinkat(name, top, controller) }
            }
        }
    }

    private func mountUnified(
        on place: CInt, _ name: String, _ options: MountOptions, _ layout: ControlGroup.Layout
    ) throws(SystemError) {
        if hasCgroupNamespace {
            do throws(SystemError) {
                try MountCall.mount(
                    type: "cgroup2", source: "cgroup2", on: place, flags: options.mountFlags, data: "", name: name)
                return
            } catch {
                // A user namespace without a group of its own may only show what the host shows.
                guard inUserNamespace, error.number == EPERM || error.number == EBUSY else { throw error }
            }
        }
        if let hierarchy = layout.unified { try bindOwnGroup(hierarchy, on: place, name, options) }
    }

    private func bindOwnGroup(
        _ hierarchy: ControlGroup.Layout.Hierarchy, on place: CInt, _ name: String, _ options: MountOptions
    ) throws(SystemError) {
        let tree = try MountCall.clone(hierarchy.mountPoint + hierarchy.ownGroup, recursive: false)
        try attach(tree.number, on: place, options, name: name)
    }

    private func makeDirectory(_ name: String, in top: CInt, _ destination: String) throws(SystemError)
        -> OwnedDescriptor
    {
        try systemCall("mkdir", destination + "/" + name) { unsafe mkdirat(top, name, 0o755) }
        return try OwnedDescriptor.open(name, O_PATH | O_NOFOLLOW, at: top)
    }
}
