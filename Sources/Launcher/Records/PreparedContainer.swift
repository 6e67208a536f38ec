import OCISpec

/// A container that is about to be started: all that is known of it, and the right to start it.
public struct PreparedContainer: ~Copyable {
    /// What was asked for.
    public let record: ContainerRecord
    /// Its OCI configuration.
    let spec: Spec
    let lock: SupervisorLock
}
