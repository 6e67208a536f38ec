extension ParityCase {
    static let limits = [
        ParityCase(
            "--memory ends what needs more: 137",
            "run -m 64m busybox sh -c 'exec tail -c 200m /dev/zero' > /dev/null 2>&1; echo $?", "137"),
        ParityCase(
            "--memory: inspect says that it ran out",
            "up c1 -m 64m busybox sh -c 'exec tail -c 200m /dev/zero'; $h wait c1; $h inspect -f '{{.State.OOMKilled}}' c1; down c1",
            "137\ntrue"),
        ParityCase(
            "less than --memory works", "run -m 64m busybox sh -c 'head -c 20971520 /dev/zero | tail -c 20m | wc -c'",
            "20971520"),
        ParityCase(
            "--pids-limit",
            "run --pids-limit 10 busybox sh -c 'for n in $(seq 20); do sleep 1 & done' 2>&1 | grep -c -m1 -i 'fork'",
            "1"),
        ParityCase("--cpus of a half", "run --cpus 0.5 busybox echo half", "half"),
        ParityCase("--ulimit core", "run --ulimit core=0 busybox sh -c 'ulimit -c'", "0"),
        ParityCase(
            "--ulimit fsize",
            "run --ulimit fsize=1000 busybox sh -c 'head -c 10000 /dev/zero > /tmp/x; wc -c < /tmp/x' 2>/dev/null",
            "1000"),
        ParityCase("--oom-score-adj", "run --oom-score-adj 321 busybox cat /proc/self/oom_score_adj", "321"),
        ParityCase("--sysctl", "run --sysctl net.ipv4.ip_forward=1 busybox cat /proc/sys/net/ipv4/ip_forward", "1"),
        ParityCase(
            "--sysctl of the host is refused: 125", "run --sysctl kernel.panic=1 busybox true 2>/dev/null; echo $?",
            "125"),
    ]
}
