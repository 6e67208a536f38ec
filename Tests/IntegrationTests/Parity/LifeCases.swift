extension ParityCase {
    static let lives = [
        ParityCase(
            "ps", "up c1 busybox sleep 100; $h ps --format '{{.Names}} {{.Image}} {{.State}}'; down c1",
            "c1 busybox running"),
        ParityCase("wait", "up c1 busybox sh -c 'sleep 0.3; exit 4'; $h wait c1; down c1", "4"),
        ParityCase(
            "logs",
            "up c1 busybox sh -c 'echo 1; echo 2'; $h wait c1 > /dev/null; $h logs c1; $h logs --tail 1 c1; down c1",
            "1\n2\n2"),
        ParityCase("logs -f", "up c1 busybox sh -c 'echo 1; sleep 0.3; echo 2'; $h logs -f c1; down c1", "1\n2"),
        ParityCase(
            "create and start",
            "$h create --isolation=$ISOLATION --name c1 busybox echo hi > /dev/null; $h start -a c1; down c1", "hi"),
        ParityCase(
            "start again", "up c1 busybox echo hi; $h wait c1 > /dev/null; $h start -a c1; $h logs c1; down c1",
            "hi\nhi\nhi"
        ),
        ParityCase(
            "stop sends SIGTERM",
            "up c1 busybox sh -c 'trap \"echo bye; exit 6\" TERM; echo up; while :; do sleep 0.05; done'; until $h logs c1 | grep -q up; do sleep 0.05; done; $h stop c1; $h logs c1; $h inspect -f '{{.State.ExitCode}}' c1; down c1",
            "c1\nup\nbye\n6"),
        ParityCase(
            "stop kills after its time",
            "up c1 busybox sleep 100; $h stop -t 1 c1; $h inspect -f '{{.State.ExitCode}}' c1; down c1", "c1\n137"),
        ParityCase(
            "--stop-signal",
            "up c1 --stop-signal USR1 busybox sh -c 'trap \"exit 8\" USR1; echo up; while :; do sleep 0.05; done'; until $h logs c1 | grep -q up; do sleep 0.05; done; $h stop c1 > /dev/null; $h wait c1; down c1",
            "8"),
        ParityCase(
            "kill twice: 1",
            "up c1 busybox sleep 100; $h kill c1 > /dev/null; $h kill c1 2>/dev/null; echo $?; down c1",
            "1"),
        ParityCase(
            "pause and unpause",
            "up c1 busybox sh -c 'while :; do echo x; sleep 0.02; done'; $h pause c1; $h ps --format '{{.State}}'; $h logs c1 | wc -l > a; sleep 0.4; $h logs c1 | wc -l | cmp - a && echo stands; $h unpause c1; $h ps --format '{{.State}}'; down c1",
            "c1\npaused\nstands\nc1\nrunning"),
        ParityCase(
            "exec in a paused container is refused",
            "up c1 busybox sleep 100; $h pause c1 > /dev/null; $h exec c1 true 2>/dev/null; echo $?; down c1", "1"),
        ParityCase(
            "attach", "up c1 busybox sh -c 'sleep 0.5; echo later; exit 5'; $h attach c1; echo $?; down c1", "later\n5"),
        ParityCase("top", "up c1 busybox sleep 100; $h top c1 | grep -c 'sleep 100'; down c1", "1"),
        ParityCase(
            "stats", "up c1 busybox sleep 100; $h stats --no-stream --format '{{.Name}} {{.PIDs}}' c1; down c1", "c1 1"),
        ParityCase(
            "rm of one that runs is refused",
            "up c1 busybox sleep 100; $h rm c1 2>/dev/null; echo $?; down c1; $h ps -aq | wc -l", "1\n0"),
        ParityCase(
            "a name that is taken: 125",
            "up c1 busybox sleep 100; run --name c1 busybox true 2>/dev/null; echo $?; down c1", "125"),
        ParityCase("rename", "up c1 busybox sleep 100; $h rename c1 d1; $h ps --format '{{.Names}}'; down d1", "d1"),
        ParityCase("--rm removes", "run --name c1 busybox true; $h ps -aq | wc -l", "0"),
        ParityCase("labels", "up c1 -l a=b busybox sleep 100; $h ps -q --filter label=a=b | wc -l; down c1", "1"),
        ParityCase(
            "inspect",
            "up c1 --hostname box -w /tmp busybox sleep 100; $h inspect -f '{{.Config.Hostname}} {{.Config.WorkingDir}} {{.Path}} {{.State.Running}}' c1; down c1",
            "box /tmp sleep true"),
        ParityCase(
            "signals of the command line are passed on",
            "$h run --rm --isolation=$ISOLATION --name c1 busybox sh -c 'trap \"exit 12\" TERM; echo up; while :; do sleep 0.05; done' > log & until grep -qs up log; do sleep 0.05; done; kill -TERM $!; wait $!; echo $?",
            "12"),
    ]
}
