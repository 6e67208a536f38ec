import Glibc
import LinuxSystem

extension ControlGroup {
    /// Removes the group and the groups that the workload made in it. Its processes must be gone or going.
    ///
    /// - Parameter patience: milliseconds to wait for processes that are still ending.
    public func delete(patience: Int = 2000) throws(ControlGroupError) {
        var first: ControlGroupError?
        for directory in legacy.map(\.path) + (unified.map { [$0] } ?? []) {
            do throws(ControlGroupError) {
                try Self.remove(directory, patience: patience)
            } catch {
                // The others are still removed; the first error is the one to tell.
                if first == nil { first = error }
            }
        }
        if let first { throw first }
    }

    /// Removes one directory, and what is in it where it has to.
    static func remove(_ directory: String, patience: Int) throws(ControlGroupError) {
        var waited = 0
        var pause = 1
        while true {
            if unsafe rmdir(directory) == 0 || errno == ENOENT { return }
            guard errno == EBUSY || errno == ENOTEMPTY else { throw .system(.last("rmdir", directory)) }
            var budget = 10_000
            removeNested(directory, depth: 0, budget: &budget)
            if unsafe rmdir(directory) == 0 || errno == ENOENT { return }
            if waited >= patience { throw .busy(directory) }
            usleep(UInt32(pause) * 1000)
            waited += pause
            pause = min(pause * 2, 50)
        }
    }

    /// Removes nested groups, the deepest first. A workload may have made many: depth and number are bounded, and what
    /// cannot be removed shows by the parent's own removal failing.
    private static func removeNested(_ directory: String, depth: Int, budget: inout Int) {
        guard depth < 64, let names = try? WholeFile.subdirectories(in: directory) else { return }
        for name in names {
            budget -= 1
            if budget < 0 { return }
            let nested = directory + "/" + name
            if unsafe rmdir(nested) == 0 { continue }
            removeNested(nested, depth: depth + 1, budget: &budget)
            _ = unsafe rmdir(nested)
        }
    }
}
