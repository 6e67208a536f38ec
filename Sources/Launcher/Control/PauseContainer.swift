extension ContainerStore {
    /// Stops all processes of a container until `unpause`.
    public func pause(_ name: String) throws {
        let view = try view(named: name)
        if view.isPaused { throw LaunchError("container \(InvalidOption.shown(name)) is paused already", status: 1) }
        if view.running == nil { throw LaunchError.notRunning(name) }
        try view.container().pause()
        note("pause", view.record)
    }

    /// Lets them run on.
    public func unpause(_ name: String) throws {
        let view = try view(named: name)
        if !view.isPaused { throw LaunchError("container \(InvalidOption.shown(name)) is not paused", status: 1) }
        try view.container().resume()
        note("unpause", view.record)
    }
}
