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
        ParityCase("groups of a user", exec("$h exec -u user c1 id -G"), "1000 29"),
        ParityCase(
            "-u by numbers", exec("$h exec -u 12:34 c1 sh -c 'id -u; id -G'; $h exec -u 1000 c1 id -G"),
            "12\n34\n1000 29"),
        ParityCase(
            "-u with a group", exec("$h exec -u user:audio c1 sh -c 'id -u; id -G'; $h exec -u 7:audio c1 id -G"),
            "1000\n29\n29"),
        ParityCase(
            "-u, a user that was added meanwhile",
            exec(
                "$h exec c1 sh -c 'echo new:x:77:78::/home/new: >> /etc/passwd; echo more:x:79:x,new >> /etc/group'; "
                    + "$h exec -u new c1 sh -c 'id -u; id -G; echo $HOME'; $h exec -u new:more c1 id -G"),
            "77\n78 79\n/home/new\n79"),
        ParityCase(
            "-u, a user that was removed meanwhile",
            exec(
                "$h exec c1 sed -i /^user/d /etc/passwd; $h exec -u user c1 true 2>&1; echo $?; $h exec -u 1000 c1 id -G"
            ), "hull: no user 'user' in the container's /etc/passwd\n1\n0"),
        ParityCase(
            "-u, a user or a group that is unknown",
            exec("$h exec -u nobody-here c1 true 2>&1; echo $?; $h exec -u user:none c1 true 2>&1; echo $?"),
            "hull: no user 'nobody-here' in the container's /etc/passwd\n1\n"
                + "hull: no group 'none' in the container's /etc/group\n1"),
        ParityCase(
            "-u without files of users",
            exec(
                "$h exec c1 rm /etc/passwd /etc/group; $h exec -u user c1 true 2>/dev/null; echo $?; "
                    + "$h exec -u 5:6 c1 id -G"),
            "1\n6"),
        ParityCase(
            "-u reads no other kind of file, and no link leads it out",
            exec(
                "$h exec c1 sh -c 'rm /etc/passwd /etc/group; mkfifo /etc/passwd; ln -s ../../../x /etc/group; "
                    + "echo inner:x:9: > /x'; $h exec -u user c1 true 2>/dev/null; echo $?; $h exec -u 5:inner c1 id -G"
            ),
            "1\n9"),
        ParityCase(
            "-u with a file of users that is too large",
            exec(
                "$h exec c1 sh -c 'yes a:x:1:1::: | head -c 5000000 > /etc/passwd'; "
                    + "$h exec -u a c1 true 2>&1; echo $?"),
            "hull: read /etc/passwd: file too large\n1"),
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
