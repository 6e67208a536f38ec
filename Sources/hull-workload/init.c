// The first process of a guest that is no guest of Hull's: hull compare measures other monitors with it. It puts a writable
// layer over the disk, executes the command that /command tells, and reports its exit status on the third serial port.
// Whoever reads it there ends the machine: a kernel that powers off or reboots takes back what its devices have not done yet.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_words = 4096, most_bytes = 1 << 20, most_groups = 64, most_waits = 10000 };

struct command {
    char *directory, *user, *group;
    /// Numbers, with a comma after each.
    char *more_groups;
    /// Both end with a null.
    char *arguments[most_words + 1], *environment[most_words + 1];
};

static void mount_or_fail(const char *what, const char *where, const char *type, unsigned long flags, const char *data) {
    if (mount(what, where, type, flags, data) != 0) fail(where);
}

/// Reads /command: directory, user, group, more groups, the number of arguments, these, and the environment, each ended by a
/// zero.
static void read_command(struct command *command) {
    static char text[most_bytes + 1];
    int file = open("/command", O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, most_bytes);
    if (length < 0) fail("/command");
    close(file);
    char *words[5], *next = text, *end = text + length;
    for (int place = 0; place < 5; place++) {
        if (next >= end) fail("/command is too short");
        words[place] = next;
        next += strlen(next) + 1;
    }
    command->directory = words[0], command->user = words[1], command->group = words[2];
    command->more_groups = words[3];
    long count = strtol(words[4], NULL, 10);
    for (long place = 0; next < end; place++, next += strlen(next) + 1) {
        if (place < count && place < most_words) command->arguments[place] = next;
        else if (place - count < most_words) command->environment[place - count] = next;
    }
}

static void make_root(void) {
    mount_or_fail("dev", "/dev", "devtmpfs", 0, NULL);
    mount_or_fail("/dev/vda", "/image", "erofs", MS_RDONLY, NULL);
    mount_or_fail("scratch", "/scratch", "tmpfs", 0, NULL);
    if (mkdir("/scratch/upper", 0755) != 0 || mkdir("/scratch/work", 0755) != 0) fail("/scratch");
    mount_or_fail("root", "/root", "overlay", 0, "lowerdir=/image,upperdir=/scratch/upper,workdir=/scratch/work");
    static const char *const places[][2] = {{"proc", "/root/proc"}, {"sysfs", "/root/sys"}, {"devtmpfs", "/root/dev"}};
    for (int place = 0; place < 3; place++) {
        if (mkdir(places[place][1], 0755) != 0 && errno != EEXIST) fail(places[place][1]);
        mount_or_fail(places[place][0], places[place][1], places[place][0], 0, NULL);
    }
}

/// Opens a port by its number, whatever number its device has. The kernel hears of ports one by one, and later than of the
/// device.
static int open_port(int number) {
    const struct timespec moment = {.tv_nsec = 1000 * 1000};
    char pattern[32];
    snprintf(pattern, sizeof pattern, "/dev/vport*p%d", number);
    for (int wait = 0; wait < most_waits; wait++) {
        glob_t found;
        if (glob(pattern, 0, NULL, &found) == 0) {
            int port = open(found.gl_pathv[0], O_WRONLY | O_CLOEXEC);
            globfree(&found);
            if (port >= 0) return port;
        }
        nanosleep(&moment, NULL);
    }
    return -1;
}

/// Has streams where the kernel could give us none, for its console came later: what we open must not take their numbers.
static void make_streams(void) {
    int log;
    do log = open("/dev/kmsg", O_RDWR);
    while (log >= 0 && log <= 2);
    if (log >= 0) close(log);
}

static void execute(const struct command *command) {
    if (chdir("/root") != 0 || chroot(".") != 0 || chdir(command->directory) != 0) fail(command->directory);
    gid_t groups[most_groups];
    size_t count = 0;
    for (char *next = command->more_groups; *next != 0 && count < most_groups; next++)
        groups[count++] = (gid_t)strtoul(next, &next, 10);
    if (setgroups(count, groups) != 0 || setgid((gid_t)strtoul(command->group, NULL, 10)) != 0) fail("setgid");
    if (setuid((uid_t)strtoul(command->user, NULL, 10)) != 0) fail("setuid");
    environ = (char **)command->environment;
    execvp(command->arguments[0], command->arguments);
    fprintf(stderr, "%s: %s\n", command->arguments[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

void run_as_init(void) {
    static struct command command;
    make_root();
    make_streams();
    read_command(&command);
    int streams[3];
    for (int place = 0; place < 3; place++) {
        streams[place] = open_port(place + 1);
        if (streams[place] < 0) fail("a port of the host");
    }
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(streams[0], 1) < 0 || dup2(streams[1], 2) < 0) fail("streams");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) execute(&command);
    int status = 0;
    for (pid_t ended = 0; ended != child;) {
        ended = wait(&status);
        if (ended < 0 && errno != EINTR) fail("wait");
    }
    dprintf(streams[2], "%d\n", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    for (;;) pause();
}
