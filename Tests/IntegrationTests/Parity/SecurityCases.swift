extension ParityCase {
    private static func capabilities(_ options: String) -> String {
        "run \(options) busybox grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status | cut -f2 | tr '\\n' ' '"
    }

    static let security = [
        ParityCase(
            "capabilities of root", capabilities(""),
            "0000000000000000 00000000a80425fb 00000000a80425fb 00000000a80425fb 0000000000000000 "),
        ParityCase(
            "capabilities of a user", capabilities("-u 1000"),
            "0000000000000000 0000000000000000 0000000000000000 00000000a80425fb 0000000000000000 "),
        ParityCase(
            "--cap-drop ALL", capabilities("--cap-drop ALL"),
            "0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 "),
        ParityCase(
            "--cap-drop ALL --cap-add", capabilities("--cap-drop ALL --cap-add NET_ADMIN"),
            "0000000000000000 0000000000001000 0000000000001000 0000000000001000 0000000000000000 "),
        ParityCase(
            "a dropped capability is missed",
            "run --cap-drop CHOWN busybox chown 1 /tmp 2>&1 | grep -c 'not permitted'", "1"),
        ParityCase("mount is refused", "run busybox mount -t tmpfs x /tmp 2>/dev/null; echo $?", "1"),
        ParityCase(
            "with SYS_ADMIN mount is allowed", "run --cap-add SYS_ADMIN busybox mount -t tmpfs x /tmp; echo $?", "0"),
        ParityCase("system calls are filtered", "run busybox grep Seccomp: /proc/self/status | cut -f2", "2"),
        ParityCase(
            "--security-opt seccomp=unconfined",
            "run --security-opt seccomp=unconfined busybox grep Seccomp: /proc/self/status | cut -f2", "0"),
        ParityCase(
            "a profile of one's own",
            "echo '{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}]}' > p.json; run --security-opt seccomp=p.json busybox mkdir /x 2>&1 | grep -c 'not implemented'",
            "1"),
        ParityCase(
            "no-new-privileges",
            "run --security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status | cut -f2", "1"),
        ParityCase(
            "--privileged has more capabilities, all of them in force",
            "run --privileged busybox grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status | cut -f2 | sort -u | grep -vc 00000000a80425fb",
            "1"),
        ParityCase("nothing of the host is seen", "run busybox sh -c 'echo /proc/[0-9]*'", "/proc/1"),
    ]
}
