extension ParityCase {
    static let exits = [
        ParityCase("exit code 0", "run busybox true; echo $?", "0"),
        ParityCase("exit code 1", "run busybox false; echo $?", "1"),
        ParityCase("exit code 42", "run busybox sh -c 'exit 42'; echo $?", "42"),
        ParityCase("exit code 255", "run busybox sh -c 'exit 255'; echo $?", "255"),
        ParityCase("exit code modulo 256", "run busybox sh -c 'exit 256'; echo $?", "0"),
        ParityCase("a command that is not found: 127", "run busybox nothing 2>/dev/null; echo $?", "127"),
        ParityCase(
            "a command that is not found: which", "run busybox nothing 2>&1 | grep -c 'nothing.*not found'", "1"),
        ParityCase("a path that is not there: 127", "run busybox /no/such/file 2>/dev/null; echo $?", "127"),
        ParityCase("a file that is not executable: 126", "run busybox /etc/passwd 2>/dev/null; echo $?", "126"),
        ParityCase("a directory as command: 126", "run busybox /etc 2>/dev/null; echo $?", "126"),
        ParityCase("an option that is unknown: 125", "run --nothing busybox true 2>/dev/null; echo $?", "125"),
        ParityCase(
            "a working directory that cannot be: 125", "run -w /etc/passwd/x busybox true 2>/dev/null; echo $?", "125"),
        ParityCase(
            "a child that a signal ends: 128 and its number",
            "run busybox sh -c 'sh -c \"kill -TERM \\$\\$\"; exit $?'; echo $?",
            "143"),
        ParityCase(
            "process 1 is not ended by its own SIGKILL", "run busybox sh -c 'kill -9 $$; echo still here'", "still here"
        ),
        ParityCase(
            "with --init a signal ends the workload: 128 and its number",
            "run --init busybox sh -c 'kill -TERM $$; sleep 5'; echo $?", "143"),
        ParityCase(
            "SIGKILL from outside: 137", "up c1 busybox sleep 100; $h kill c1 > /dev/null; $h wait c1; down c1", "137"),
        ParityCase(
            "a signal from outside that process 1 does not handle is nothing",
            "up c1 busybox sleep 100; $h kill -s HUP c1 > /dev/null; sleep 0.3; $h ps --format '{{.Names}}'; down c1",
            "c1"),
        ParityCase(
            "a signal from outside reaches a handler",
            "up c1 busybox sh -c 'trap \"exit 9\" USR1; echo up; while :; do sleep 0.05; done'; "
                + "until $h logs c1 | grep -q up; do sleep 0.05; done; $h kill -s USR1 c1 > /dev/null; $h wait c1; down c1",
            "9"),
        ParityCase(
            "background children end with process 1",
            "timeout 20 \"$h\" run --rm --isolation=$ISOLATION busybox sh -c 'sleep 100 & exit 3'; echo $?",
            "3"),
        ParityCase(
            "zombies are the workload's own without --init",
            "up c1 busybox sh -c '(sleep 0.1 &); exec sleep 100'; sleep 0.5; $h exec c1 ps -o stat | grep -c Z; down c1",
            "1"),
        ParityCase(
            "--init reaps",
            "up c1 --init busybox sh -c '(sleep 0.1 &); exec sleep 100'; sleep 0.5; $h exec c1 ps -o stat | grep -c Z; down c1",
            "0"),
        ParityCase("--init is process 1", "run --init busybox sh -c 'echo $(( $$ > 1 ))'", "1"),
        ParityCase("without --init the command is process 1", "run busybox sh -c 'echo $$'", "1"),
    ]
}
