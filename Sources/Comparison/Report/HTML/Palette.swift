/// The colours of sides and phases, told apart by those who see fewer colours, too; each for light and for dark paper.
enum Palette {
    /// How many sides have a colour of their own.
    static let count = 6

    private static let sides = [
        (light: "#2f6690", dark: "#7fb6dd"), (light: "#c1502e", dark: "#f0936f"), (light: "#4f7942", dark: "#9cc48b"),
        (light: "#7d5a94", dark: "#c3a3d8"), (light: "#a87b1e", dark: "#dcb565"), (light: "#4a5d68", dark: "#a9bcc7"),
    ]
    /// In the order of `Moment`, as many as there are.
    private static let phases = [
        (light: "#d3dce2", dark: "#39474f"), (light: "#9db9cb", dark: "#4d6675"), (light: "#5b8fb0", dark: "#5d93b6"),
        (light: "#7d6aa6", dark: "#a48fd0"), (light: "#28506e", dark: "#a9d0ea"), (light: "#3f8f83", dark: "#63b7a9"),
        (light: "#e3b04b", dark: "#e0b862"), (light: "#d07a45", dark: "#e2955f"), (light: "#a8947a", dark: "#93816a"),
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
