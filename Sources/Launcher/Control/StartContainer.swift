import Glibc
import LinuxSystem

extension ContainerStore {
    /// Takes a container that is not running, to start it.
    ///
    /// - Returns: nil where it runs already.
    public func prepareStart(_ name: String) throws -> PreparedContainer? {
        while true {
            let view = try view(named: name)
            if view.running != nil { return nil }
            let record = view.record
            if let lock = try SupervisorLock.take(directory(record.id), waits: false) {
                let spec = try spec(record.id)
                let machine = record.isMachine ? try machineFiles(record) : nil
                return PreparedContainer(
                    record: record, spec: spec, lock: lock, awaitsRecord: false, machine: machine,
                    origin: try origin(record, spec, machine))
            }
            // It is being made, just ends, or is started by somebody else: milliseconds.
            usleep(2000)
        }
    }

    /// Starts a container in the background.
    ///
    /// - Returns: nil when it runs.
    public func startDetached(_ container: consuming PreparedContainer) throws -> Attachment.Outcome? {
        let record = container.record
        let outcome = try SupervisorConnection.launch(container, self, .none).waitForStart()
        return try outcome.map { try settle($0, record) }
    }

    /// Starts a container and stays attached to it.
    public func startAttached(
        _ container: consuming PreparedContainer, _ options: Attachment.Options
    ) throws -> Attachment.Outcome {
        let record = container.record
        // From here on a signal is the container's, even one that comes before it runs.
        let signals = try Attachment.signals(options)
        let outcome = try SupervisorConnection.launch(container, self, options.hello).attach(options, signals)
        return try settle(outcome, record)
    }

    /// Starts a new container in the background.
    ///
    /// - Returns: nil when it runs.
    public func startDetached(_ new: consuming NewContainer) throws -> Attachment.Outcome? {
        let record = new.record
        let documents = new.documents
        let connection = try SupervisorConnection.launch(new.prepared, self, .none)
        // The supervisor makes the container meanwhile.
        try documents.write()
        try connection.tellRecorded()
        return try connection.waitForStart().map { try settle($0, record) }
    }

    /// Starts a new container and stays attached to it.
    public func startAttached(
        _ new: consuming NewContainer, _ options: Attachment.Options
    ) throws -> Attachment.Outcome {
        let record = new.record
        let documents = new.documents
        let signals = try Attachment.signals(options)
        RunTrace.mark(.prepared)
        let connection = try SupervisorConnection.launch(new.prepared, self, options.hello)
        try documents.write()
        try connection.tellRecorded()
        return try settle(connection.attach(options, signals), record)
    }

    /// Attaches to a running container.
    public func attach(_ view: ContainerView, _ options: Attachment.Options) throws -> Attachment.Outcome {
        let signals = try Attachment.signals(options)
        guard let connection = try SupervisorConnection.connect(view.record, self, options.hello) else {
            throw LaunchError.notRunning(view.record.name)
        }
        return try settle(try connection.attach(options, signals), view.record)
    }

    /// Cleans up after a supervisor that is gone without a word.
    private func settle(_ outcome: Attachment.Outcome, _ record: ContainerRecord) throws -> Attachment.Outcome {
        if outcome == .lost { _ = try view(record) }
        return outcome
    }
}
