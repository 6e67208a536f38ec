#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/vm_sockets.h>
#include <malloc.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

pid_t linux_clone3(uint64_t flags, int *pidfd, int exit_signal, int cgroup) {
    struct clone_args args = {
        .flags = flags,
        .exit_signal = (uint64_t)exit_signal,
    };
    if (pidfd != NULL) {
        args.flags |= CLONE_PIDFD;
        args.pidfd = (uint64_t)(uintptr_t)pidfd;
    }
    if (cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)cgroup;
    }
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

int linux_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }
int linux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
int linux_pidfd_getfd(int pidfd, int target) { return (int)syscall(SYS_pidfd_getfd, pidfd, target, 0); }
int linux_unshare(uint64_t flags) { return (int)syscall(SYS_unshare, flags); }
int linux_setns(int fd, int flags) { return (int)syscall(SYS_setns, fd, flags); }
int linux_wait_exited(int status) { return WIFEXITED(status); }
int linux_wait_exit_status(int status) { return WEXITSTATUS(status); }
int linux_wait_signaled(int status) { return WIFSIGNALED(status); }
int linux_wait_term_signal(int status) { return WTERMSIG(status); }
int linux_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
int linux_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5) {
    return prctl(option, a2, a3, a4, a5);
}
pid_t linux_gettid(void) { return (pid_t)syscall(SYS_gettid); }
int linux_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags) {
    return (int)syscall(SYS_execveat, fd, path, argv, envp, flags);
}

int linux_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    for (int half = 0; half < 2; half++) {
        data[half].effective = (uint32_t)(effective >> (32 * half));
        data[half].permitted = (uint32_t)(permitted >> (32 * half));
        data[half].inheritable = (uint32_t)(inheritable >> (32 * half));
    }
    return (int)syscall(SYS_capset, &header, data);
}

int linux_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}

int linux_setgroups(size_t count, const gid_t *groups) { return (int)syscall(SYS_setgroups, count, groups); }
int linux_setresuid(uid_t uid) { return (int)syscall(SYS_setresuid, uid, uid, uid); }
int linux_setresgid(gid_t gid) { return (int)syscall(SYS_setresgid, gid, gid, gid); }
int linux_prlimit(pid_t pid, int resource, uint64_t soft, uint64_t hard) {
    uint64_t limit[2] = {soft, hard};
    return (int)syscall(SYS_prlimit64, pid, resource, limit, NULL);
}
int linux_getrlimit(pid_t pid, int resource, uint64_t *soft, uint64_t *hard) {
    uint64_t limit[2];
    if (syscall(SYS_prlimit64, pid, resource, NULL, limit) != 0) return -1;
    *soft = limit[0];
    *hard = limit[1];
    return 0;
}
int linux_seccomp_set_filter(unsigned flags, const struct sock_filter *instructions, unsigned short count) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
int linux_seccomp_notify_sizes(void) {
    struct seccomp_notif_sizes sizes;
    return (int)syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
}

int linux_join_session_keyring(const char *name) {
    return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) < 0 ? -1 : 0;
}

int linux_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
}
int linux_memfd_create(const char *name, unsigned flags) { return (int)syscall(SYS_memfd_create, name, flags); }
int linux_add_seals(int fd, int seals) { return fcntl(fd, F_ADD_SEALS, seals); }
int linux_fallocate(int fd, int mode, off_t offset, off_t length) { return fallocate(fd, mode, offset, length); }
int linux_renameat2(int olddir, const char *old, int newdir, const char *new_, unsigned flags) {
    return (int)syscall(SYS_renameat2, olddir, old, newdir, new_, flags);
}
ssize_t linux_copy_file_range(int in, int out, size_t length) {
    return (ssize_t)syscall(SYS_copy_file_range, in, NULL, out, NULL, length, 0);
}
ssize_t linux_splice(int in, int out, size_t length, unsigned flags) {
    return (ssize_t)syscall(SYS_splice, in, NULL, out, NULL, length, flags);
}
int linux_flock(int fd, int operation) { return flock(fd, operation); }
int linux_add_entropy(int fd, const void *bytes, size_t count) {
    // struct rand_pool_info: how many bits are counted, how many bytes there are, and the bytes.
    struct {
        int bit_count, byte_count;
        unsigned char bytes[512];
    } request = {.bit_count = (int)count * 8, .byte_count = (int)count};
    if (count > sizeof request.bytes) {
        errno = EINVAL;
        return -1;
    }
    memcpy(request.bytes, bytes, count);
    if (ioctl(fd, RNDADDENTROPY, &request) != 0) return -1;
    // What was drawn before is of no use to guess what is drawn from here on, in this machine or in copies of it.
    return ioctl(fd, RNDRESEEDCRNG, NULL);
}

int linux_malloc_share_arena(void) { return mallopt(M_ARENA_MAX, 1); }
int linux_power_off(void) { return reboot(RB_POWER_OFF); }
int linux_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
int linux_ioctl_int(int fd, unsigned long request, int argument) { return ioctl(fd, request, argument); }

int64_t linux_file_system_type(int fd) {
    struct statfs status;
    return fstatfs(fd, &status) != 0 ? -1 : (int64_t)status.f_type;
}

int linux_pivot_root(const char *new_root, const char *put_old) {
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}
int linux_open_tree(int dirfd, const char *path, unsigned flags) {
    return (int)syscall(SYS_open_tree, dirfd, path, flags);
}
int linux_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
int linux_fsopen(const char *type, unsigned flags) { return (int)syscall(SYS_fsopen, type, flags); }
int linux_fsconfig(int fd, unsigned command, const char *key, const char *value, int aux) {
    return (int)syscall(SYS_fsconfig, fd, command, key, value, aux);
}
int linux_fsmount(int fd, unsigned flags, unsigned attributes) {
    return (int)syscall(SYS_fsmount, fd, flags, attributes);
}
int linux_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                        uint64_t propagation, int userns) {
    struct {
        uint64_t attr_set, attr_clr, propagation, userns_fd;
    } attributes = {set, clear, propagation, userns < 0 ? 0 : (uint64_t)userns};
    return (int)syscall(SYS_mount_setattr, dirfd, path, flags, &attributes, sizeof attributes);
}
int linux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return mount(source, target, type, flags, data);
}
int linux_umount2(const char *target, int flags) { return umount2(target, flags); }

int linux_eventfd(unsigned initial, int flags) { return eventfd(initial, flags); }
int linux_epoll_create1(int flags) { return epoll_create1(flags); }
int linux_timerfd_create(int clock, int flags) { return timerfd_create(clock, flags); }
int linux_timerfd_set(int fd, int64_t initial_ns, int64_t interval_ns) {
    struct itimerspec value = {
        .it_value = {initial_ns / 1000000000, initial_ns % 1000000000},
        .it_interval = {interval_ns / 1000000000, interval_ns % 1000000000},
    };
    return timerfd_settime(fd, 0, &value, NULL);
}
int linux_signalfd(int fd, uint64_t mask, int flags) {
    return (int)syscall(SYS_signalfd4, fd, &mask, sizeof mask, flags);
}
int linux_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    ssize_t count = read(fd, &info, sizeof info);
    if (count == (ssize_t)sizeof info) return (int)info.ssi_signo;
    if (count >= 0) errno = EIO;
    return -1;
}
int linux_sigprocmask(int how, uint64_t mask, uint64_t *old) {
    return (int)syscall(SYS_rt_sigprocmask, how, &mask, old, sizeof mask);
}
int linux_inotify_init1(int flags) { return inotify_init1(flags); }
int linux_inotify_add_watch(int fd, const char *path, unsigned mask) { return inotify_add_watch(fd, path, mask); }

int linux_pipe2(int ends[2], int flags) { return pipe2(ends, flags); }
int linux_vsock_connect(unsigned cid, unsigned port) {
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int linux_vsock_listen(unsigned port) {
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port};
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int linux_accept4(int fd, int flags) { return accept4(fd, NULL, NULL, flags); }

enum { maximum_fds = 16 };

ssize_t linux_send_fds(int socket, const void *bytes, size_t length, const int *fds, int count) {
    if (count < 0 || count > maximum_fds) {
        errno = EINVAL;
        return -1;
    }
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * maximum_fds)];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {(void *)bytes, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t linux_receive_fds(int socket, void *bytes, size_t length, int *fds, int *count, int flags) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * maximum_fds)];
    } control;
    struct iovec part = {bytes, length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int room = *count;
    *count = 0;
    ssize_t received = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int held = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int index = 0; index < held; index++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + sizeof(int) * (size_t)index, sizeof fd);
            if (*count < room)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
    return received;
}

int linux_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    *pid = credentials.pid;
    *uid = credentials.uid;
    *gid = credentials.gid;
    return 0;
}

int linux_interface_up(const char *name) {
    struct ifreq request = {.ifr_flags = IFF_UP};
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return -1;
    int result = ioctl(handle, SIOCSIFFLAGS, &request);
    int number = errno;
    close(handle);
    errno = number;
    return result;
}

int linux_window_size_get(int fd, unsigned short *rows, unsigned short *columns) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}
int linux_window_size_set(int fd, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(fd, TIOCSWINSZ, &size);
}
int linux_set_controlling_terminal(int fd) { return ioctl(fd, TIOCSCTTY, 0); }
int linux_pty_peer(int master, int flags) { return ioctl(master, TIOCGPTPEER, flags); }
int linux_pty_unlock(int master) {
    int unlock = 0;
    return ioctl(master, TIOCSPTLCK, &unlock);
}
int linux_pty_number(int master) {
    unsigned number;
    return ioctl(master, TIOCGPTN, &number) != 0 ? -1 : (int)number;
}

extern const char linux_program_start[] __asm__("__executable_start"), linux_text_end[] __asm__("etext");

int linux_release_start_memory(void) {
    uintptr_t page = 4095, start = (uintptr_t)linux_program_start & ~page, end = (uintptr_t)linux_text_end & ~page;
    malloc_trim(0);
    return madvise((void *)start, end - start, MADV_DONTNEED);
}
