import Glibc
import JSON
import Testing

@Suite struct LimitTests {
    @Test func tooMuchMemoryIsTheEnd() throws {
        try withHull { hull in
            let outcome = try hull.run(
                "run", "--name", "box", "--memory", "32m", "--memory-swap", "32m", "busybox", "dd", "if=/dev/zero",
                "of=/dev/null", "bs=200M", "count=1")
            #expect(outcome.status == 137, "\(outcome)")
            #expect(try hull.inspect("box", "State", "OOMKilled") == .bool(true))
            #expect(try hull.inspect("box", "State", "ExitCode") == .integer(137))
            #expect(try hull.run("run", "--rm", "--memory", "64m", "busybox", "true").status == 0)
        }
    }

    @Test func processesAreLimited() throws {
        try withHull { hull in
            let script = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait"
            let limited = try hull.run("run", "--rm", "--pids-limit", "6", "busybox", "sh", "-c", script)
            #expect(limited.errors.contains("can't fork"), "\(limited)")
            let free = try hull.run("run", "--rm", "--pids-limit", "20", "busybox", "sh", "-c", script)
            #expect(free.status == 0 && free.errors.isEmpty, "\(free)")
        }
    }

    @Test func processorsAreLimited() throws {
        try withHull { hull in
            let allowed = try hull.expect(
                "run", "--rm", "--cpuset-cpus", "0", "busybox", "sh", "-c",
                "grep Cpus_allowed_list /proc/self/status; nproc")
            #expect(allowed == "Cpus_allowed_list:\t0\n1")
            let id = try hull.expect("run", "-d", "--cpus", "0.25", "--cpu-shares", "512", "busybox", "sleep", "100")
            let quotas = [hull.limit(id, "cpu", "cpu.cfs_quota_us"), hull.limit(id, "cpu", "cpu.max")]
            #expect(quotas.contains("25000") || quotas.contains("25000 100000"), "\(quotas)")
            try hull.expectFailure("run", "--rm", "--cpus", "1000", "busybox", status: 125, says: "--cpus")
            try hull.expectFailure(
                "run", "--rm", "--cpuset-cpus", "4000", "busybox", status: 125, says: "4000")
        }
    }

    @Test func resourceLimitsAreSet() throws {
        try withHull { hull in
            let limits = try hull.expect(
                "run", "--rm", "--ulimit", "nofile=100:200", "--ulimit", "core=0", "busybox", "sh", "-c",
                "ulimit -Sn; ulimit -Hn; ulimit -c")
            #expect(limits == "100\n200\n0")
            try hull.expectFailure("run", "--rm", "--ulimit", "nofile=5:1", "busybox", status: 125, says: "--ulimit")
        }
    }

    @Test func sharedMemoryHasTheSizeAskedFor() throws {
        try withHull { hull in
            let size = "df -k /dev/shm | tail -n 1 | awk '{ print $2 }'"
            let usual = try hull.expect("run", "--rm", "busybox", "sh", "-c", size)
            #expect(usual == "65536")
            #expect(try hull.expect("run", "--rm", "--shm-size", "1m", "busybox", "sh", "-c", size) == "1024")
        }
    }

    @Test func scoresAndSysctlsAreSet() throws {
        try withHull { hull in
            #expect(
                try hull.expect("run", "--rm", "--oom-score-adj", "300", "busybox", "cat", "/proc/self/oom_score_adj")
                    == "300")
            #expect(
                try hull.expect(
                    "run", "--rm", "--sysctl", "net.ipv4.ip_default_ttl=77", "busybox", "cat",
                    "/proc/sys/net/ipv4/ip_default_ttl")
                    == "77")
            try hull.expectFailure(
                "run", "--rm", "--sysctl", "vm.swappiness=1", "busybox", status: 125, says: "vm.swappiness")
        }
    }
}
