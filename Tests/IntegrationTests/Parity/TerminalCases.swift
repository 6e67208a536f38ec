extension ParityCase {
    /// script(1) gives hull a terminal.
    private static func onTerminal(_ command: String) -> String {
        "script -qec '\(command)' /dev/null < /dev/null | plain"
    }

    static let terminals = [
        ParityCase(
            "-t is a terminal", onTerminal("$h run --rm --isolation=$ISOLATION -t busybox test -t 1") + "; echo done",
            "done"),
        ParityCase(
            "its name",
            onTerminal("$h run --rm --isolation=$ISOLATION -t busybox sh -c \"ls -l /proc/self/fd/1\"")
                + " | grep -c /dev/pts/0", "1"),
        ParityCase(
            "its size", onTerminal("stty rows 33 cols 101; $h run --rm --isolation=$ISOLATION -it busybox stty size"),
            "33 101"),
        ParityCase("the variable TERM", "run -t busybox sh -c 'echo $TERM' | tr -d '\\r'", "xterm"),
        ParityCase(
            "both streams come out of one", "run -t busybox sh -c 'echo a; echo b >&2' 2>/dev/null | tr -d '\\r'",
            "a\nb"),
        ParityCase(
            "lines end with carriage return and newline", "run -t busybox echo a | od -An -c | tr -s ' '", " a \\r \\n"),
        ParityCase(
            "exit codes with a terminal",
            onTerminal("$h run --rm --isolation=$ISOLATION -t busybox sh -c \"exit 5\"; echo $?"), "5"),
        ParityCase(
            "the console", "run -t busybox sh -c 'test -c /dev/console && echo console' | tr -d '\\r'", "console"),
        ParityCase(
            "a new size reaches the workload",
            """
            cat > resize.sh <<'EOF'
            stty rows 20 cols 60
            $h run --name c1 --isolation=$ISOLATION -it busybox sh -c 'trap "stty size; exit" WINCH; stty size; while :; do sleep 0.05; done' < /dev/tty &
            until $h logs c1 2>/dev/null | grep -q 60; do sleep 0.1; done; stty rows 21 cols 61; wait
            EOF
            script -qec 'sh resize.sh' /dev/null < /dev/null | plain; down c1
            """, "20 60\n21 61"),
    ]
}
