/// One thing that a workload or a user sees, and that must be the same in a container and in a micro-VM: a shell script,
/// and what it prints as Docker documents it.
///
/// The script has `$h`, hull's path; `run`, which runs a container that removes itself; `up NAME`, which starts one in the
/// background; `down NAME`, which removes it; `plain`, which takes away what a terminal adds to lines and what script(1)
/// echoes of the end of its input; and a directory of its own as working directory.
struct ParityCase: Sendable {
    /// What is seen, as docs/parity.md lists it.
    let name: String
    let script: String
    /// Standard output, without the last newline.
    let expected: String

    init(_ name: String, _ script: String, _ expected: String) {
        self.name = name
        self.script = script
        self.expected = expected
    }

    static let prelude = #"""
        export h="${HULL_COMMAND:-$0}"; cd "$1/work"
        run() { "$h" run --rm --isolation="$ISOLATION" "$@"; }
        up() { name=$1; shift; "$h" run -d --isolation="$ISOLATION" --name "$name" "$@" > /dev/null; }
        down() { "$h" rm -f "$@" > /dev/null; }
        plain() { tr -d '\r' | sed 's/\^@//g'; }

        """#

    /// Cases about one thing.
    struct Group: Sendable, CustomStringConvertible {
        let title: String
        let cases: [ParityCase]

        var description: String { title }
    }

    /// All of them.
    static let groups = [
        Group(title: "Exit codes and signals", cases: exits), Group(title: "Streams", cases: streams),
        Group(title: "Terminals", cases: terminals),
        Group(title: "Environment, users and directories", cases: processes), Group(title: "Files", cases: files),
        Group(title: "Limits", cases: limits), Group(title: "Security", cases: security),
        Group(title: "Further commands (`exec`)", cases: executions), Group(title: "Life cycle", cases: lives),
    ]
}
