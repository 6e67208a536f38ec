extension ParityCase {
    static let files = [
        ParityCase("the root is writable", "run busybox sh -c 'echo x > /new; cat /new'", "x"),
        ParityCase(
            "files of the image can be changed",
            "run busybox sh -c 'echo x >> /etc/group; tail -n 1 /etc/group; rm /etc/passwd; ls /etc/passwd 2>&1 | wc -l'",
            "x\n1"),
        ParityCase(
            "nothing stays for the next container", "run busybox touch /new; run busybox ls /new 2>/dev/null; echo $?",
            "1"),
        ParityCase("--read-only", "run --read-only busybox touch /new 2>&1 | grep -c 'Read-only'", "1"),
        ParityCase("--tmpfs", "run --read-only --tmpfs /tmp busybox sh -c 'echo x > /tmp/x; cat /tmp/x'", "x"),
        ParityCase(
            "--tmpfs with a size",
            "run --tmpfs /t:size=64k busybox sh -c 'head -c 100000 /dev/zero > /t/x' 2>/dev/null; echo $?", "1"),
        ParityCase(
            "--tmpfs executes nothing", "run --tmpfs /t busybox sh -c 'cp /bin/true /t; /t/true' 2>/dev/null; echo $?",
            "126"),
        ParityCase("/dev/shm", "run --shm-size 1m busybox df -k /dev/shm | awk 'NR==2 {print $2}'", "1024"),
        ParityCase(
            "owners and modes of the image", "run busybox stat -c '%a %u %g' /home/user /tmp /etc/passwd",
            "755 1000 1000\n1777 0 0\n644 0 0"),
        ParityCase("hard links of the image", "run busybox sh -c '[ /bin/ls -ef /bin/cat ] && echo same'", "same"),
        ParityCase(
            "devices",
            "run busybox sh -c 'for d in null zero full random urandom tty; do test -c /dev/$d && echo $d; done'",
            "null\nzero\nfull\nrandom\nurandom\ntty"),
        ParityCase(
            "/dev/null takes and gives nothing", "run busybox sh -c 'echo x > /dev/null; wc -c < /dev/null'", "0"),
        ParityCase("/dev/full is full", "run busybox sh -c 'echo x > /dev/full' 2>/dev/null; echo $?", "1"),
        ParityCase(
            "links in /dev", "run busybox sh -c 'for f in fd stdin stdout stderr; do readlink /dev/$f; done'",
            "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2"),
        ParityCase(
            "a pty can be opened", "run busybox sh -c 'ls /dev/pts/ptmx && readlink /dev/ptmx'",
            "/dev/pts/ptmx\npts/ptmx"),
        ParityCase(
            "masked paths are empty or not there",
            "run busybox sh -c 'for f in kcore keys timer_list; do test ! -e /proc/$f || wc -c < /proc/$f; done | sort -u; ls /sys/firmware | wc -l'",
            "0\n0"),
        ParityCase(
            "/proc/sys is read-only", "run busybox sh -c 'echo 1 > /proc/sys/kernel/panic' 2>&1 | grep -c 'Read-only'",
            "1"),
        ParityCase("/sys is read-only", "run busybox mkdir /sys/fs/cgroup/x 2>&1 | grep -c 'Read-only'", "1"),
        ParityCase(
            "names with odd bytes",
            "run busybox sh -c 'f=$(printf \"/tmp/\\303\\244 \\\"x\"); echo 1 > \"$f\"; ls /tmp | wc -l'", "1"),
        ParityCase(
            "a file of 20 MB", "run busybox sh -c 'head -c 20000000 /dev/zero > /big; wc -c < /big'", "20000000"),
        ParityCase(
            "symbolic links and renames",
            "run busybox sh -c 'cd /tmp; ln -s a b; echo 1 > a; mv a c; ln -sf c b; cat b'", "1"),
    ]
}
