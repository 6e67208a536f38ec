// Made by Configs/seccomp/embed.sh from Configs/seccomp/default.json: change that, not this.
extension SeccompProfile {
    /// The SHA-256 of the text, so that a start need not hash it.
    static let builtinDigest = "adc2733649f695c3cf50eb53dcd1e3c24fb04e3a5f2306c8b10648a477a00cb2"

    /// The default profile.
    static let builtinText = #"""
        {
          "defaultAction": "SCMP_ACT_ERRNO",
          "defaultErrnoRet": 1,
          "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
            {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": []}
          ],
          "syscalls": [
            {
              "comment": "files and directories by name",
              "names": [
                "access", "chdir", "chmod", "chown", "chown32", "creat", "faccessat", "faccessat2", "fchdir", "fchmod",
                "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "file_getattr", "file_setattr", "fstat", "fstat64",
                "fstatat64", "fstatfs", "fstatfs64", "futimesat", "getcwd", "getdents", "getdents64", "lchown", "lchown32",
                "link", "linkat", "lstat", "lstat64", "mkdir", "mkdirat", "mknod", "mknodat", "name_to_handle_at", "newfstatat",
                "open", "openat", "openat2", "readlink", "readlinkat", "rename", "renameat", "renameat2", "rmdir", "stat",
                "stat64", "statfs", "statfs64", "statx", "symlink", "symlinkat", "truncate", "truncate64", "umask", "unlink",
                "unlinkat", "utime", "utimensat", "utimensat_time64", "utimes"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "extended attributes",
              "names": [
                "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "getxattrat", "lgetxattr", "listxattr",
                "listxattrat", "llistxattr", "lremovexattr", "lsetxattr", "removexattr", "removexattrat", "setxattr",
                "setxattrat"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "open files",
              "names": [
                "_llseek", "close", "close_range", "copy_file_range", "dup", "dup2", "dup3", "fadvise64", "fadvise64_64",
                "fallocate", "fcntl", "fcntl64", "fdatasync", "flock", "fsync", "ftruncate", "ftruncate64", "ioctl", "lseek",
                "memfd_create", "memfd_secret", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev",
                "pwritev2", "read", "readahead", "readv", "sendfile", "sendfile64", "splice", "sync", "sync_file_range",
                "syncfs", "tee", "vmsplice", "write", "writev"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "waiting for events, asynchronous reading and writing (not io_uring, which has a history of holes)",
              "names": [
                "_newselect", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2",
                "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "fanotify_mark", "inotify_add_watch", "inotify_init",
                "inotify_init1", "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents",
                "io_pgetevents_time64", "io_setup", "io_submit", "poll", "ppoll", "ppoll_time64", "pselect6",
                "pselect6_time64", "select", "signalfd", "signalfd4"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "memory",
              "names": [
                "brk", "cachestat", "madvise", "map_shadow_stack", "membarrier", "mincore", "mlock", "mlock2", "mlockall",
                "mmap", "mmap2", "mprotect", "mremap", "mseal", "msync", "munlock", "munlockall", "munmap", "pkey_alloc",
                "pkey_free", "pkey_mprotect", "process_mrelease", "remap_file_pages"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "processes and threads",
              "names": [
                "execve", "execveat", "exit", "exit_group", "fork", "futex", "futex_requeue", "futex_time64", "futex_wait",
                "futex_waitv", "futex_wake", "get_robust_list", "get_thread_area", "getcpu", "getpgid", "getpgrp", "getpid",
                "getppid", "getpriority", "getrlimit", "getrusage", "getsid", "gettid", "ioprio_get", "ioprio_set",
                "pidfd_open", "pidfd_send_signal", "prctl", "prlimit64", "restart_syscall", "rseq", "sched_get_priority_max",
                "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
                "sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr",
                "sched_setparam", "sched_setscheduler", "sched_yield", "set_robust_list", "set_thread_area",
                "set_tid_address", "setpgid", "setpriority", "setrlimit", "setsid", "times", "ugetrlimit", "vfork", "wait4",
                "waitid", "waitpid"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "signals",
              "names": [
                "alarm", "kill", "pause", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
                "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo",
                "sigaction", "sigaltstack", "signal", "sigpending", "sigprocmask", "sigreturn", "sigsuspend", "tgkill", "tkill"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "users, groups, capabilities and giving up rights",
              "names": [
                "capget", "capset", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups",
                "getgroups32", "getresgid", "getresgid32", "getresuid", "getresuid32", "getuid", "getuid32",
                "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp", "setfsgid", "setfsgid32",
                "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups", "setgroups32", "setregid", "setregid32",
                "setresgid", "setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "sockets",
              "names": [
                "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recv",
                "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto", "setsockopt",
                "shutdown", "socketcall", "socketpair"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "all families but AF_VSOCK (40), which no namespace confines",
              "names": ["socket"],
              "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]
            },
            {
              "comment": "messages, semaphores and shared memory",
              "names": [
                "ipc", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64", "mq_timedsend",
                "mq_timedsend_time64", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop",
                "semtimedop", "semtimedop_time64", "shmat", "shmctl", "shmdt", "shmget"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "clocks and timers (setting a clock needs a capability, which the kernel asks for)",
              "names": [
                "adjtimex", "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64", "clock_gettime",
                "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "getitimer", "gettimeofday", "nanosleep",
                "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64",
                "timer_settime", "timer_settime64", "timerfd_create", "timerfd_gettime", "timerfd_gettime64",
                "timerfd_settime", "timerfd_settime64"
              ],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "the system",
              "names": ["getrandom", "sysinfo", "uname"],
              "action": "SCMP_ACT_ALLOW"
            },
            {
              "comment": "tracing one's own processes is safe since Linux 4.8, when it stopped bypassing seccomp",
              "names": ["process_vm_readv", "process_vm_writev", "ptrace"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"minKernel": "4.8"}
            },
            {
              "comment": "personality: PER_LINUX, PER_LINUX32, each also with UNAME26, and asking",
              "names": ["personality"],
              "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]
            },
            {
              "names": ["personality"],
              "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]
            },
            {
              "names": ["personality"],
              "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 131072, "op": "SCMP_CMP_EQ"}]
            },
            {
              "names": ["personality"],
              "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 131080, "op": "SCMP_CMP_EQ"}]
            },
            {
              "names": ["personality"],
              "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 4294967295, "op": "SCMP_CMP_EQ"}]
            },
            {
              "comment": "single architectures",
              "names": ["arch_prctl"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"arches": ["amd64", "x32"]}
            },
            {
              "names": ["modify_ldt"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"arches": ["amd64", "x32", "x86"]}
            },
            {
              "names": ["arm_fadvise64_64", "arm_sync_file_range", "breakpoint", "cacheflush", "set_tls", "sync_file_range2"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"arches": ["arm", "arm64"]}
            },
            {
              "names": ["riscv_flush_icache", "riscv_hwprobe"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"arches": ["riscv64"]}
            },
            {
              "comment": "without CAP_SYS_ADMIN clone makes no namespaces (2114060288 holds their flags), and clone3, whose flags a filter cannot see, says that it is not there, so that libraries fall back on clone",
              "names": ["clone"],
              "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
              "excludes": {"caps": ["CAP_SYS_ADMIN"], "arches": ["s390", "s390x"]}
            },
            {
              "names": ["clone3"],
              "action": "SCMP_ACT_ERRNO",
              "errnoRet": 38,
              "excludes": {"caps": ["CAP_SYS_ADMIN"]}
            },
            {
              "comment": "with a capability",
              "names": [
                "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "listmount",
                "lookup_dcookie", "mount", "mount_setattr", "move_mount", "open_tree", "open_tree_attr", "perf_event_open",
                "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns", "statmount", "syslog", "umount",
                "umount2", "unshare"
              ],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_ADMIN"]}
            },
            {
              "names": ["bpf"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_BPF"]}
            },
            {
              "names": ["perf_event_open"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_PERFMON"]}
            },
            {
              "names": ["open_by_handle_at"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_DAC_READ_SEARCH"]}
            },
            {
              "names": ["reboot"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_BOOT"]}
            },
            {
              "names": ["chroot"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_CHROOT"]}
            },
            {
              "names": ["delete_module", "finit_module", "init_module"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_MODULE"]}
            },
            {
              "names": ["acct"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_PACCT"]}
            },
            {
              "names": ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_PTRACE"]}
            },
            {
              "names": ["ioperm", "iopl"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_RAWIO"]}
            },
            {
              "names": ["clock_settime", "clock_settime64", "settimeofday", "stime"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_TIME"]}
            },
            {
              "names": ["vhangup"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_TTY_CONFIG"]}
            },
            {
              "names": ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYS_NICE"]}
            },
            {
              "names": ["syslog"],
              "action": "SCMP_ACT_ALLOW",
              "includes": {"caps": ["CAP_SYSLOG"]}
            }
          ]
        }

        """#
}
