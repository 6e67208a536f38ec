#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page = 4096, block = 65536, area = 64 << 20 };

// --- the kernel's door ---

static void system_call(uint64_t count) {
    while (count-- > 0) syscall(SYS_getppid);
}

static void page_fault(uint64_t count) {
    while (count > 0) {
        uint64_t pages = count < area / page ? count : area / page;
        volatile char *memory =
            mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) fail("mmap");
        // One fault a page, whatever the host thinks of huge ones.
        madvise((void *)memory, pages * page, MADV_NOHUGEPAGE);
        for (uint64_t at = 0; at < pages; at++) memory[at * page] = 1;
        munmap((void *)memory, pages * page);
        count -= pages;
    }
}

// --- processes ---

static void reap(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) fail("waitpid");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        errno = ECHILD;
        fail("a child");
    }
}

static void fork_exit(uint64_t count) {
    while (count-- > 0) {
        pid_t child = fork();
        if (child < 0) fail("fork");
        if (child == 0) _exit(0);
        reap(child);
    }
}

static void fork_execute(uint64_t count) {
    while (count-- > 0) {
        pid_t child = vfork();
        if (child < 0) fail("vfork");
        if (child == 0) {
            execl("/proc/self/exe", "hull-workload", "nothing", (char *)NULL);
            _exit(127);
        }
        reap(child);
    }
}

// --- bytes between processes ---

static int there[2], back[2];

/// A process that answers each byte with a byte, and ends when nobody can ask any more.
static void prepare_answers(void) {
    if (pipe2(there, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0) fail("pipe");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child != 0) return;
    close(there[1]);
    char byte;
    while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) continue;
    _exit(0);
}

/// Both processes on one processor: each answer is two switches.
static void prepare_switches(void) {
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) fail("sched_getaffinity");
    CPU_ZERO(&one);
    for (int number = 0; number < CPU_SETSIZE; number++) {
        if (!CPU_ISSET(number, &allowed)) continue;
        CPU_SET(number, &one);
        break;
    }
    if (sched_setaffinity(0, sizeof one, &one) != 0) fail("sched_setaffinity");
    prepare_answers();
}

static void context_switch(uint64_t count) {
    char byte = 0;
    for (; count > 0; count -= count < 2 ? count : 2) {
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) fail("pipe");
    }
}

static char buffer[block];

static void prepare_pipe(void) {
    if (pipe2(there, O_CLOEXEC) != 0) fail("pipe");
    if (fcntl(there[1], F_SETPIPE_SZ, block) < block) fail("F_SETPIPE_SZ");
}

/// One operation is 4 KiB written and read again.
static void pipe_bytes(uint64_t count) {
    while (count-- > 0) {
        if (write(there[1], buffer, page) != page || read(there[0], buffer, page) != page) fail("pipe");
    }
}

// --- files ---

static int directory, file;

static void prepare_directory(void) {
    char path[] = "/tmp/hull-workload-XXXXXX";
    if (mkdtemp(path) == NULL) fail(path);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) fail(path);
}

static void file_create(uint64_t count) {
    while (count-- > 0) {
        int made = openat(directory, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (made < 0) fail("file");
        close(made);
        if (unlinkat(directory, "file", 0) != 0) fail("file");
    }
}

static void prepare_file(void) {
    prepare_directory();
    file = openat(directory, "file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail("file");
    for (int at = 0; at < area / 4; at += block) {
        if (pwrite(file, buffer, block, at) != block) fail("file");
    }
}

static void metadata(uint64_t count) {
    struct stat status;
    while (count-- > 0) {
        if (fstatat(directory, "file", &status, 0) != 0) fail("file");
    }
}

static void file_read(uint64_t count) {
    for (off_t at = 0; count-- > 0; at = (at + block) % (area / 4)) {
        if (pread(file, buffer, block, at) != block) fail("file");
    }
}

static void file_write(uint64_t count) {
    for (off_t at = 0; count-- > 0; at = (at + block) % (area / 4)) {
        if (pwrite(file, buffer, block, at) != block) fail("file");
    }
}

// --- the processor and memory alone ---

static char *from, *to;

static void prepare_copy(void) {
    from = malloc(area / 2), to = malloc(area / 2);
    if (from == NULL || to == NULL) fail("malloc");
    memset(from, 1, area / 2);
    memset(to, 2, area / 2);
}

/// One operation is a megabyte, from a place that no cache still holds.
static void memory_copy(uint64_t count) {
    const size_t piece = 1 << 20;
    for (size_t at = 0; count-- > 0; at = (at + piece) % (area / 2)) memcpy(to + at, from + at, piece);
}

static volatile uint64_t result;

/// One operation is 1000 dependent steps of a shift register.
static void arithmetic(uint64_t count) {
    uint64_t state = 88172645463325252u;
    while (count-- > 0) {
        for (int step = 0; step < 1000; step++) state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    }
    result = state;
}

const struct workload workloads[] = {
    {"system-call", NULL, system_call},
    {"page-fault", NULL, page_fault},
    {"fork", NULL, fork_exit},
    {"execute", NULL, fork_execute},
    {"pipe", prepare_pipe, pipe_bytes},
    {"context-switch", prepare_switches, context_switch},
    {"file-create", prepare_directory, file_create},
    {"metadata", prepare_file, metadata},
    {"file-read", prepare_file, file_read},
    {"file-write", prepare_file, file_write},
    {"memory-copy", prepare_copy, memory_copy},
    {"arithmetic", NULL, arithmetic},
};
const unsigned workload_count = sizeof workloads / sizeof workloads[0];
