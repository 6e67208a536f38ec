/// What a template is of: `description.json`.
public struct TemplateDescription: Codable, Equatable, Sendable {
    /// The kernel's path.
    public var kernel: String?
    /// The machine.
    public var machine: SavedMachine
}
