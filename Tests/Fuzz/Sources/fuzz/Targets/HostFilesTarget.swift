@testable import ContainerRuntime
@testable import ImageArchive
@testable import Launcher

/// Files of the host that are read as text: of these a workload chooses its processes' names, and whoever mounts something
/// the names of mounts.
let hostFilesTarget = FuzzTarget(name: "host-files") { bytes in
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
    }
    let (text, rest) = (parts[0], parts.count > 1 ? parts[1] : "")
    _ = ProcessEntry.parse(stat: text)?.terminalName
    _ = KernelVersion(text)
    let layout = ControlGroup.Layout.parse(mountInfo: text, ownGroups: rest)
    for hierarchy in layout.legacy + [layout.unified].compactMap({ $0 }) {
        // A group outside of what is mounted has no name there.
        if hierarchy.ownGroup.split(separator: "/").contains("..") { fatalError("leads out: \(hierarchy)") }
    }
    for range in IDRange.parse(text, name: "user", id: 1000)
    where range.count == 0 || range.start &+ range.count < range.start {
        fatalError("no range: \(range)")
    }
}
