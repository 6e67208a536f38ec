/// The colours of sides and phases, told apart by those who see fewer colours, too; each for light and for dark paper.
enum Palette {
    /// How many sides have a colour of their own.
    static let count = 6

    private static let sides = [
        (light: "#2f6690", dark: "#7fb6dd"), (light: "#c1502e", dark: "#f0936f"), (light: "#4f7942", dark: "#9cc48b"),
        (light: "#7d5a94", dark: "#c3a3d8"), (light: "#a87b1e", dark: "#dcb565"), (light: "#4a5d68", dark: "#a9bcc7"),
    ]
    private static let phases = [
        (light: "#c9d6df", dark: "#3d4f5c"), (light: "#5b8fb0", dark: "#5d93b6"), (light: "#28506e", dark: "#a9d0ea"),
        (light: "#8a7aa8", dark: "#a796c8"), (light: "#d99058", dark: "#e2a06c"), (light: "#b9b09a", dark: "#857d68"),
        (light: "#8d949a", dark: "#666d73"),
    ]

    /// The rules of a style sheet that give the classes `c0…` and `p0…` their colours.
    static func rules(dark: Bool) -> String {
        let sideRules = sides.enumerated().map { "--c\($0.offset):\(dark ? $0.element.dark : $0.element.light)" }
        let phaseRules = phases.enumerated().map { "--p\($0.offset):\(dark ? $0.element.dark : $0.element.light)" }
        return (sideRules + phaseRules).joined(separator: ";")
    }

    /// The classes themselves.
    static var classes: String {
        let sideClasses = sides.indices.map { ".c\($0){--own:var(--c\($0))}" }
        let phaseClasses = phases.indices.map { ".p\($0){--own:var(--p\($0))}" }
        return (sideClasses + phaseClasses).joined()
    }
}
