extension ContainerStore {
    /// Removes all containers that do not run.
    ///
    /// - Parameters:
    ///   - filter: which of them.
    ///   - failed: is told what could not be removed.
    /// - Returns: their ids, and the bytes of their own files.
    public func prune(
        _ filter: ContainerFilter, failed: (any Error) -> Void
    ) throws -> (removed: [String], bytes: Int64) {
        var removed: [String] = []
        var bytes: Int64 = 0
        for view in try all() where view.running == nil && filter.accepts(view) {
            do {
                let size = try size(view.record)
                try remove(view.record.id, force: false)
                removed.append(view.record.id)
                bytes += size
            } catch {
                failed(error)
            }
        }
        return (removed, bytes)
    }
}
