/// Where a micro-VM begins.
enum MachineOrigin: Equatable {
    /// Its kernel boots.
    case boot
    /// It goes on from the template with this key.
    case template(String)
    /// It goes on from the snapshot with this name and this digest of its state.
    case snapshot(String, digest: String)
}
