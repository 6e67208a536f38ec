extension ParityCase {
    static let processes = [
        ParityCase("-e sets a variable", "run -e A=1 busybox sh -c 'echo $A'", "1"),
        ParityCase("-e passes ours on", "A=of-host run -e A busybox sh -c 'echo $A'", "of-host"),
        ParityCase("our environment stays outside", "A=1 run busybox sh -c 'echo [$A]'", "[]"),
        ParityCase("a value with blanks and newlines", "run -e \"A=a  b\n c\" busybox sh -c 'echo \"$A\"'", "a  b\n c"),
        ParityCase(
            "--env-file", "printf 'A=1\\n# no\\nB=2 3\\n' > env; run --env-file env busybox sh -c 'echo $A $B'", "1 2 3"
        ),
        ParityCase(
            "a large environment", "run -e A=$(head -c 100000 /dev/zero | tr '\\0' x) busybox sh -c 'echo ${#A}'",
            "100000"),
        ParityCase(
            "many variables", "run $(for n in $(seq 1000); do echo -e V$n=$n; done) busybox sh -c 'env | grep -c ^V'",
            "1000"),
        ParityCase(
            "PATH without one in the image", "run busybox sh -c 'echo $PATH'",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ParityCase("HOME of root", "run busybox sh -c 'echo $HOME'", "/root"),
        ParityCase("HOME of a user", "run -u user busybox sh -c 'echo $HOME'", "/home/user"),
        ParityCase("-u by name", "run -u user busybox id -u", "1000"),
        ParityCase("-u by numbers", "run -u 12:34 busybox sh -c 'id -u; id -g'", "12\n34"),
        ParityCase("groups of a user", "run -u user busybox id -G", "1000 29"),
        ParityCase("--group-add", "run -u 5:6 --group-add 77 busybox id -G", "6 77"),
        ParityCase("an unknown user", "run -u nobody-here busybox true 2>/dev/null; echo $?", "125"),
        ParityCase("-w", "run -w /tmp busybox pwd", "/tmp"),
        ParityCase("-w makes a directory", "run -w /a/b busybox pwd", "/a/b"),
        ParityCase("the working directory without -w", "run busybox pwd", "/"),
        ParityCase("--entrypoint", "run --entrypoint echo busybox a b", "a b"),
        ParityCase("an empty --entrypoint", "run --entrypoint '' busybox echo a", "a"),
        ParityCase("the image's command", "run busybox", "image command"),
        ParityCase("--entrypoint drops the image's command", "run --entrypoint echo busybox", ""),
        ParityCase("arguments are words", "run busybox sh -c 'echo $#: \"$2\"' sh 'a b' 'c  d'", "2: c  d"),
        ParityCase("--hostname", "run --hostname box busybox hostname", "box"),
        ParityCase(
            "the host name is the short id",
            "run --cidfile id busybox hostname > name; cut -c1-12 id | cmp - name && echo same", "same"),
        ParityCase(
            "/etc/hosts",
            "run --hostname box --add-host other:10.1.2.3 busybox grep -E 'box|other' /etc/hosts | tr '\\t' ' '",
            "127.0.0.1 box\n10.1.2.3 other"),
        ParityCase("/etc/hostname", "run --hostname box busybox cat /etc/hostname", "box"),
        ParityCase(
            "/etc/resolv.conf",
            "run --dns 9.9.9.9 --dns-search example.org busybox grep -v '^options' /etc/resolv.conf",
            "search example.org\nnameserver 9.9.9.9"),
        ParityCase("--ulimit", "run --ulimit nofile=100:200 busybox sh -c 'ulimit -n; ulimit -Hn'", "100\n200"),
        ParityCase("the loopback interface is up", "run busybox sh -c 'ip -o addr show lo | grep -c 127.0.0.1'", "1"),
        ParityCase(
            "--network=none has no other interface", "run --network=none busybox sh -c 'ls /sys/class/net'", "lo"),
        ParityCase("umask", "run busybox sh -c umask", "0022"),
    ]
}
