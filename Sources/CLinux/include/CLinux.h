// What Swift on Linux cannot import: system calls that the Glibc module lacks, macros, and struct layouts.
// Each function is one call without policy: it returns what the kernel returned, with errno set on -1.
#ifndef HULL_CLINUX_H
#define HULL_CLINUX_H

#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/epoll.h>
#include <sys/xattr.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <linux/falloc.h>
#include <linux/filter.h>
#include <linux/memfd.h>
#include <linux/seccomp.h>

// --- processes: clone3(2), pidfd_open(2), wait(2) ---

/// clone3 in the manner of fork: 0 in the child. `pidfd` may be NULL; `cgroup` is -1 or a cgroup v2 directory.
pid_t linux_clone3(uint64_t flags, int *pidfd, int exit_signal, int cgroup);
int linux_pidfd_open(pid_t pid, unsigned flags);
int linux_pidfd_send_signal(int pidfd, int signal);
int linux_pidfd_getfd(int pidfd, int target);
int linux_unshare(uint64_t flags);
int linux_setns(int fd, int flags);
int linux_wait_exited(int status);
int linux_wait_exit_status(int status);
int linux_wait_signaled(int status);
int linux_wait_term_signal(int status);
int linux_close_range(unsigned first, unsigned last, unsigned flags);
int linux_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5);
pid_t linux_gettid(void);
int linux_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);

// --- credentials: capget(2), setgroups(2) without glibc's broadcast to other threads ---

int linux_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int linux_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int linux_setgroups(size_t count, const gid_t *groups);
int linux_setresuid(uid_t uid);
int linux_setresgid(gid_t gid);
int linux_prlimit(pid_t pid, int resource, uint64_t soft, uint64_t hard);
int linux_getrlimit(pid_t pid, int resource, uint64_t *soft, uint64_t *hard);
int linux_seccomp_set_filter(unsigned flags, const struct sock_filter *instructions, unsigned short count);
int linux_seccomp_notify_sizes(void);
/// Joins a new session keyring (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING).
int linux_join_session_keyring(const char *name);

// --- files: openat2(2), statx(2), memfd_create(2), renameat2(2) ---

int linux_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int linux_memfd_create(const char *name, unsigned flags);
int linux_renameat2(int olddir, const char *old, int newdir, const char *new_, unsigned flags);
/// fcntl(2), F_ADD_SEALS, with seals of `linux/fcntl.h`: SHRINK 2, GROW 4, SEAL 1.
int linux_add_seals(int fd, int seals);
int linux_fallocate(int fd, int mode, off_t offset, off_t length);
ssize_t linux_copy_file_range(int in, int out, size_t length);
ssize_t linux_splice(int in, int out, size_t length, unsigned flags);
int linux_flock(int fd, int operation);
/// Adds bytes to the kernel's random numbers and counts all their bits (random(4), RNDADDENTROPY); at most 512.
int linux_add_entropy(int fd, const void *bytes, size_t count);
/// Switches the machine off (reboot(2), RB_POWER_OFF).
int linux_power_off(void);
/// All threads share one arena of malloc (mallopt(3), M_ARENA_MAX); 1 where that is so.
int linux_malloc_share_arena(void);
int linux_ioctl(int fd, unsigned long request, void *argument);
int linux_ioctl_int(int fd, unsigned long request, int argument);
/// The f_type of fstatfs(2) (`linux/magic.h`), or -1.
int64_t linux_file_system_type(int fd);

// --- mounts: mount_setattr(2), fsopen(2) and its relatives ---

int linux_pivot_root(const char *new_root, const char *put_old);
int linux_open_tree(int dirfd, const char *path, unsigned flags);
int linux_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int linux_fsopen(const char *type, unsigned flags);
int linux_fsconfig(int fd, unsigned command, const char *key, const char *value, int aux);
int linux_fsmount(int fd, unsigned flags, unsigned attributes);
int linux_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                        uint64_t propagation, int userns);
int linux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
int linux_umount2(const char *target, int flags);

// --- descriptors of events ---

int linux_eventfd(unsigned initial, int flags);
int linux_epoll_create1(int flags);
int linux_timerfd_create(int clock, int flags);
int linux_timerfd_set(int fd, int64_t initial_ns, int64_t interval_ns);
/// A signalfd for the signals whose bit (1 << (number - 1)) is set in `mask`.
int linux_signalfd(int fd, uint64_t mask, int flags);
/// Reads one signal from a signalfd: its number, or -1.
int linux_signalfd_read(int fd);
/// rt_sigprocmask with the mask as bits, `how` as SIG_BLOCK and so on; returns the old one through `old`.
int linux_sigprocmask(int how, uint64_t mask, uint64_t *old);
int linux_inotify_init1(int flags);
int linux_inotify_add_watch(int fd, const char *path, unsigned mask);

// --- pipes and sockets ---

int linux_pipe2(int ends[2], int flags);

int linux_accept4(int fd, int flags);
/// A stream to a port of the machine with this address (vsock(7)), connected and close-on-exec.
int linux_vsock_connect(unsigned cid, unsigned port);
/// A stream socket that listens at a port of this machine, for anyone, close-on-exec.
int linux_vsock_listen(unsigned port);
/// Sends bytes with up to 16 descriptors over a Unix socket (SCM_RIGHTS).
ssize_t linux_send_fds(int socket, const void *bytes, size_t length, const int *fds, int count);
/// Receives bytes and up to `*count` descriptors (close-on-exec); sets `*count` to the number received.
ssize_t linux_receive_fds(int socket, void *bytes, size_t length, int *fds, int *count, int flags);
/// SO_PEERCRED.
int linux_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);

/// Switches a network interface on (SIOCSIFFLAGS, IFF_UP).
int linux_interface_up(const char *name);

// --- terminals ---

int linux_window_size_get(int fd, unsigned short *rows, unsigned short *columns);
int linux_window_size_set(int fd, unsigned short rows, unsigned short columns);
int linux_set_controlling_terminal(int fd);
/// The peer (slave) of a pty master, opened by TIOCGPTPEER in the master's own devpts.
int linux_pty_peer(int master, int flags);
int linux_pty_unlock(int master);
int linux_pty_number(int master);

// --- bpf(2): device programs of cgroup v2 ---

/// Loads a program of type BPF_PROG_TYPE_CGROUP_DEVICE: `count` instructions of eight bytes. Returns a descriptor.
int linux_bpf_load_device_program(const void *instructions, size_t count);
/// Attaches it to a cgroup v2 directory, beside those of groups above (BPF_F_ALLOW_MULTI).
int linux_bpf_attach_device_program(int cgroup, int program);

// --- memory: malloc_trim(3), and what only the linker knows ---

/// Gives free memory of malloc back to the kernel, and takes the pages of the program's own code out of the process: what is
/// executed next comes back from the page cache.
int linux_release_start_memory(void);

// --- constants that are macros Swift does not import ---

enum : uint64_t {
    LINUX_CLONE_NEWTIME = 0x00000080,
    LINUX_CLONE_NEWNS = 0x00020000,
    LINUX_CLONE_NEWCGROUP = 0x02000000,
    LINUX_CLONE_NEWUTS = 0x04000000,
    LINUX_CLONE_NEWIPC = 0x08000000,
    LINUX_CLONE_NEWUSER = 0x10000000,
    LINUX_CLONE_NEWPID = 0x20000000,
    LINUX_CLONE_NEWNET = 0x40000000,
    LINUX_CLONE_PARENT = 0x00008000,
};

#endif
