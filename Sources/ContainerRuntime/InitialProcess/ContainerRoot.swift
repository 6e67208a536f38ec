import CLinux
import Glibc
import LinuxSystem
import OCISpec

/// Detached mounts that the maker of a container made for it, by their place in the specification.
struct PreparedMounts {
    /// The root file system; nil where the first process makes it itself.
    var root: CInt?
    /// Bind mounts.
    var binds: [Int: CInt] = [:]

    /// Closes them: in the maker, when the first process has its own.
    func close() {
        if let root { Glibc.close(root) }
        for bind in binds.values { Glibc.close(bind) }
    }
}

/// The container's root file system, from the first mount to `pivot_root`, in the container's first process.
struct ContainerRoot {
    private let plan: ContainerPlan
    private let tree: CInt
    private let application: MountApplication
    /// Whether devices, hidden paths and the like are in mounts that were made before.
    private let isStaged: Bool

    /// Where things are in it.
    var place: MountDestination { application.root }

    /// Mounts everything. The working directory is the place on which the root is mounted.
    init(
        _ plan: ContainerPlan, _ prepared: PreparedMounts, _ layout: ControlGroup.Layout?
    ) throws(RuntimeError) {
        self.plan = plan
        isStaged = false
        let inUserNamespace = plan.namespaces.changes(.user)
        var prepared = prepared
        // A bind mount that is to see later mounts of the host's is copied while its source still does.
        for (index, mount) in plan.mounts.enumerated() where prepared.binds[index] == nil {
            let options = MountOptions(mount.options ?? [])
            guard options.propagatesFromHost, options.bind || mount.type == "bind", let source = mount.source
            else { continue }
            prepared.binds[index] = try during("mount on \(printable(mount.destination)) in the container") {
                () throws(SystemError) in
                try MountCall.clone(
                    MountApplication.sourcePath(source, plan.request.bundle), recursive: options.recursiveBind
                ).release()
            }
        }
        try during("make the mounts private") { () throws(SystemError) in
            // Nothing that is mounted or unmounted from here on is seen outside, nor the other way round.
            let all = try OwnedDescriptor.open("/", O_PATH | O_DIRECTORY)
            try MountCall.setAttributes(
                all.number, set: 0, propagation: MountFlag.isPrivate, recursive: true, name: "/")
        }
        if let root = prepared.root {
            tree = root
            // Devices come from the host by bind mounts; what an image calls one is none here.
            try during("mount the root file system") { () throws(SystemError) in
                try MountCall.setAttributes(root, set: MountAttribute.noDevices, name: "/")
            }
        } else {
            tree = try plan.request.root.mountDetached(
                inUserNamespace: inUserNamespace, isVolatile: plan.request.isVolatile,
                mountPoint: plan.request.mountPoint
            ).release()
        }
        application = MountApplication(
            root: MountDestination(root: tree), bundle: plan.request.bundle, inUserNamespace: inUserNamespace,
            prepared: prepared.binds, layout: layout, hasCgroupNamespace: plan.namespaces.changes(.cgroup))
        try during("mount the root file system") { () throws(SystemError) in
            try MountCall.attach(tree, on: AT_FDCWD, name: plan.request.mountPoint)
        }
        umask(0)
        try application.apply(plan.mounts)
        try makeDevices(inUserNamespace)
        try makeWorkingDirectory()
    }

    /// Takes the mounts of a stage into a root file system, and makes those that are missing.
    ///
    /// - Parameters:
    ///   - plan: with the stage's entries among its mounts.
    ///   - tree: the root file system, attached nowhere.
    ///   - staged: the stage's entries, by their places among the mounts.
    ///   - binds: bind mounts, attached nowhere, likewise.
    init(
        _ plan: ContainerPlan, on tree: CInt, _ stage: MountStage, staged: [Int: MountStage.Entry],
        binds: [Int: CInt], _ layout: ControlGroup.Layout?
    ) throws(RuntimeError) {
        self.plan = plan
        self.tree = tree
        isStaged = true
        application = MountApplication(
            root: MountDestination(root: tree), bundle: plan.request.bundle, inUserNamespace: false, prepared: binds,
            staged: staged, layout: layout, hasCgroupNamespace: plan.namespaces.changes(.cgroup))
        try during("mount the root file system") { () throws(SystemError) in
            try MountCall.attach(tree, on: stage.place, name: plan.request.mountPoint)
        }
        try application.apply(plan.mounts)
        try makeWorkingDirectory()
    }

    /// A /dev that is the host's has all devices, and none may be made there.
    private func makeDevices(_ inUserNamespace: Bool) throws(RuntimeError) {
        let isHosts = plan.mounts.contains { mount in
            let path = mount.destination.split(separator: "/").filter { $0 != "." }
            return path == ["dev"] && (mount.type == "bind" || MountOptions(mount.options ?? []).bind)
        }
        if isHosts { return }
        try DeviceNodes(root: place, bindsHostNodes: inUserNamespace).make(plan.linux.devices)
    }

    /// The workload's working directory is made where it is missing, as Docker does.
    private func makeWorkingDirectory() throws(RuntimeError) {
        if plan.process.cwd == "/" { return }
        do throws(SystemError) {
            _ = try place.findOrMake(plan.process.cwd, .directory)
        } catch {
            throw .workingDirectory(printable(plan.process.cwd), reason: error.reason)
        }
    }

    /// Hides what is to be hidden, and makes read-only what was written until now.
    func finish() throws(RuntimeError) {
        try application.finish(plan.mounts)
        if !isStaged {
            let hidden = HiddenPaths(root: place)
            try hidden.protect(plan.linux.readonlyPaths)
            try hidden.mask(plan.linux.maskedPaths)
        }
        if plan.request.spec.root?.readonly == true {
            try during("make the root file system read-only") { () throws(SystemError) in
                try MountCall.setAttributes(tree, set: MountAttribute.readOnly, name: "/")
            }
        }
    }

    /// Makes it the root of this mount namespace; what was there before is gone.
    func enter() throws(RuntimeError) {
        try during("enter the root file system") { () throws(SystemError) in
            try systemCall("fchdir", "/") { fchdir(tree) }
            // The old root is put on the new one, and then taken off it: no directory is needed for it (pivot_root(2)).
            try systemCall("pivot_root") { unsafe linux_pivot_root(".", ".") }
            try systemCall("umount2", "the host's root") { unsafe linux_umount2(".", CInt(MNT_DETACH)) }
            try systemCall("chdir", "/") { unsafe chdir("/") }
            if let options = plan.rootPropagation {
                try MountCall.setAttributes(
                    tree, set: 0, propagation: options.propagation, recursive: options.recursivePropagation,
                    name: "/")
            }
        }
    }
}
