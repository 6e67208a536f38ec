import Glibc
import LinuxSystem

extension ControlGroup {
    /// Finds what there is of a group of which only the path is known, because whoever made it was killed before it could
    /// tell.
    ///
    /// - Parameter path: as for `create`.
    public static func existing(path: String, layout: Layout? = nil) throws(ControlGroupError) -> ControlGroup {
        let components = try pathComponents(path)
        let known: Layout
        if let layout { known = layout } else { known = try Layout.current() }
        var group = ControlGroup(path: path)
        for hierarchy in known.legacy {
            let base = hierarchy.mountPoint + (path.hasPrefix("/") ? "" : hierarchy.ownGroup)
            let directory = base + "/" + components.joined(separator: "/")
            if unsafe access(directory, F_OK) == 0 {
                group.legacy.append(Directory(controllers: hierarchy.controllers, path: directory))
            }
        }
        if let unified = known.unified {
            let base = path.hasPrefix("/") ? unified.mountPoint : delegatedBase(unified)
            let directory = base.map { $0 + "/" + components.joined(separator: "/") }
            if let directory, unsafe access(directory, F_OK) == 0 { group.unified = directory }
        }
        return group
    }
}
