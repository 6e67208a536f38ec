extension ContainerStore {
    /// Waits until a container has ended.
    ///
    /// - Returns: its exit code; 0 where it never ran, as Docker has it.
    public func waitForEnd(_ name: String) throws -> Int32 {
        let view = try view(named: name)
        if view.running != nil {
            if let connection = try SupervisorConnection.connect(view.record, self, .none),
                let code = try connection.waitForEnd()
            {
                return code
            }
            try SupervisorLock.waitUntilFree(directory(view.record.id))
        }
        guard let after = try self.view(view.record), case .exited(let exited) = after.lifecycle else { return 0 }
        return exited.code
    }
}
