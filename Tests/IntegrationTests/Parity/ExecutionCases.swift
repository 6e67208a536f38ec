extension ParityCase {
    private static func exec(_ commands: String, _ options: String = "") -> String {
        "up c1 \(options) busybox sleep 100; \(commands); down c1"
    }

    static let executions = [
        ParityCase("a command", exec("$h exec c1 echo hello"), "hello"),
        ParityCase("its exit code", exec("$h exec c1 sh -c 'exit 3'; echo $?"), "3"),
        ParityCase("not found: 127", exec("$h exec c1 nothing 2>/dev/null; echo $?"), "127"),
        ParityCase("not executable: 126", exec("$h exec c1 /etc/passwd 2>/dev/null; echo $?"), "126"),
        ParityCase("ended by a signal", exec("$h exec c1 sh -c 'kill -9 $$'; echo $?"), "137"),
        ParityCase("-i", exec("echo text | $h exec -i c1 cat"), "text"),
        ParityCase("without -i no input", exec("echo text | $h exec c1 wc -c"), "0"),
        ParityCase("both streams", exec("$h exec c1 sh -c 'echo a; echo b >&2' 2>/dev/null"), "a"),
        ParityCase("-t", exec("script -qec \"$h exec -t c1 tty\" /dev/null < /dev/null | plain"), "/dev/pts/0"),
        ParityCase("-e and -w", exec("$h exec -e A=1 -w /tmp c1 sh -c 'echo $A $(pwd)'"), "1 /tmp"),
        ParityCase("-u", exec("$h exec -u user c1 id -u"), "1000"),
        ParityCase(
            "the container's environment", exec("$h exec c1 sh -c 'echo $A'", "-e A=of-container"), "of-container"),
        ParityCase("-d", exec("$h exec -d c1 touch /tmp/made; sleep 0.5; $h exec c1 ls /tmp"), "made"),
        ParityCase(
            "--privileged has more capabilities",
            exec("$h exec --privileged c1 grep CapEff /proc/self/status | grep -vc 00000000a80425fb"), "1"),
        ParityCase("it sees the container's processes", exec("$h exec c1 ps -o args | grep -c '^sleep 100'"), "1"),
        ParityCase("it sees the container's files", exec("$h exec c1 touch /x; $h exec c1 ls /x"), "/x"),
        ParityCase(
            "several at once", exec("for n in 1 2 3 4; do $h exec c1 sh -c \"sleep 0.2; echo $n\" & done | sort; wait"),
            "1\n2\n3\n4"),
        ParityCase(
            "10 MB in and out", exec("head -c 10000000 /dev/urandom > b; $h exec -i c1 cat < b | cmp - b && echo same"),
            "same"),
        ParityCase(
            "in a container that does not run: 1",
            "$h create --isolation=$ISOLATION --name c1 busybox true > /dev/null; $h exec c1 true 2>/dev/null; echo $?; down c1",
            "1"),
    ]
}
