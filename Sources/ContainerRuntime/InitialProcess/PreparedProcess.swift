import CLinux
import Glibc
import LinuxSystem
import OCISpec
import Wire

/// A container's first process that does what it can before its root file system and its command are known, and waits for
/// them. It holds nothing of any workload meanwhile.
struct PreparedProcess {
    /// Of a container without a workload; its root is an empty directory.
    let initial: InitialProcess
    let part: PreparedPart

    /// Does all there is to do; it never returns.
    func run(_ entrance: borrowing ControlGroup.Entrance) -> Never {
        do throws(RuntimeError) {
            let forbidden = try initial.begin(entrance, try OpenNamespaces([]))
            _ = try initial.setUp(PreparedMounts())
            let stage = try during("prepare the mounts") { () throws(SystemError) in
                try MountStage(part.entries, mountPoint: initial.plan.request.mountPoint)
            }
            try during("give up capabilities") { () throws(SystemError) in
                try Credentials.dropBounding(~initial.plan.capabilities.bounding)
            }
            ChildState.closeFiles(except: stage.files + [initial.channel])
            try during("prepare our own memory") { () throws(SystemError) in try OwnMemory.populate(code: false) }
            try initial.tell(.ready)
            try complete(stage, forbidden)
        } catch {
            Report.fail(error, initial.channel)
        }
    }

    private func complete(_ stage: MountStage, _ forbidden: FileIdentity) throws(RuntimeError) -> Never {
        let packet = try during("hear the parent") { () throws(SystemError) in
            try Channel.receive(
                initial.channel, limit: Completion.maximumSize, descriptors: Channel.maximumDescriptors)
        }
        // A parent that is gone, or has another process for this one's work.
        guard let packet else { _exit(0) }
        let completion: Completion
        do throws(WireError) { completion = try Completion(packet.bytes) } catch { _exit(125) }
        var descriptors = packet.descriptors[...]
        guard let tree = descriptors.popFirst() else { _exit(125) }
        var plan = initial.plan
        if completion.process.terminal != true {
            guard descriptors.count >= 3 else { _exit(125) }
            let streams = descriptors.prefix(3).map { $0 }
            descriptors = descriptors.dropFirst(3)
            plan.request.streams = StandardStreams(stdin: streams[0], stdout: streams[1], stderr: streams[2])
        }
        plan.process = completion.process
        plan.capabilities = completion.capabilities
        plan.request.useInit = completion.useInit
        plan.request.spec.root = Spec.Root(path: "", readonly: completion.isReadOnly)
        plan.rootPropagation = try ContainerPlan.propagation(completion.rootPropagation)
        if !completion.isFiltered { plan.filter = .none }
        var staged: [Int: MountStage.Entry] = [:]
        var binds: [Int: CInt] = [:]
        plan.mounts = []
        for (index, mount) in completion.mounts.enumerated() {
            switch mount {
            case .staged(let place):
                guard place < stage.entries.count else { _exit(125) }
                staged[index] = stage.entries[place]
                plan.mounts.append(part.entries[place])
            case .other(let mount, let comesAlong):
                if comesAlong {
                    guard let bind = descriptors.popFirst() else { _exit(125) }
                    binds[index] = bind
                }
                plan.mounts.append(mount)
            }
        }
        try during("set the host name") { () throws(SystemError) in
            try NamespaceSetup.setNames(host: completion.hostname, domain: completion.domainname)
        }
        let whole = InitialProcess(
            plan: plan, filter: completion.isFiltered ? initial.filter : nil, layout: initial.layout,
            channel: initial.channel)
        let root = try ContainerRoot(plan, on: tree, stage, staged: staged, binds: binds, initial.layout)
        let console = try whole.enter(root)
        try whole.finish(console, forbidden, bounding: initial.plan.capabilities.bounding)
    }
}
