// What several processors of a guest do at the same time. A part of guest.c.
#define _GNU_SOURCE
#include "guest.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TURNS = 200 };

/// What two processes share.
struct shared {
    _Atomic long turn, answered, wrong;
    _Atomic int over;
};

static struct shared *share(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/// Keeps the calling process on one processor.
static int stay_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

// Two processes on two processors hand a number to each other without ever sleeping.
static void hand_over(void) {
    struct shared *shared = share();
    pid_t other = fork();
    int failed = stay_on(other == 0 ? 1 : 0);
    if (other == 0) {
        while (!failed && !shared->over)
            if (shared->turn & 1) shared->turn++;
        _exit(failed != 0);
    }
    for (int i = 0; i < TURNS; i++) {
        shared->turn++;
        while (shared->turn & 1) continue;
    }
    shared->over = 1;
    int status;
    waitpid(other, &status, 0);
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
    printf("handed over: %ld times\n", status == 0 ? shared->turn / 2 : 0);
}

static sigjmp_buf escape;
static _Atomic int armed;
static void caught(int signal) {
    (void)signal;
    if (!atomic_exchange(&armed, 0)) _exit(9);
    siglongjmp(escape, 1);
}

/// Whether a byte can be read and written.
static int reaches(volatile char *byte) {
    armed = 1;
    if (sigsetjmp(escape, 1)) return 0;
    *byte = *byte;
    armed = 0;
    return 1;
}

/// In odd turns nobody may reach the byte. Tells what it finds, until it is over.
static void watch(struct shared *shared, volatile char *byte) {
    signal(SIGBUS, caught);
    signal(SIGSEGV, caught);
    while (!shared->over) {
        long turn = shared->turn;
        int reached = reaches(byte);
        if (!(turn & 1) || shared->turn != turn) continue;
        if (reached) shared->wrong++;
        shared->answered = turn;
        while (shared->turn == turn && !shared->over) sched_yield();
    }
}

static void next(struct shared *shared, void (*take)(void), void (*give)(void)) {
    // For a while the other has the page before it is taken away.
    for (volatile int i = 0; i < 5000; i++) continue;
    take();
    long turn = ++shared->turn;
    while (shared->answered != turn) sched_yield();
    give();
    shared->turn++;
}

static int file;
static void shorten(void) {
    if (ftruncate(file, 0) != 0) perror("ftruncate");
}
static void lengthen(void) {
    if (ftruncate(file, 4096) != 0) perror("ftruncate");
}

// A page that another process has mapped is taken away from its file.
static void pages_of_others(void) {
    struct shared *shared = share();
    file = memfd_create("page", 0);
    lengthen();
    pid_t other = fork();
    if (other == 0) {
        watch(shared, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
        _exit(0);
    }
    for (int i = 0; i < TURNS; i++) next(shared, shorten, lengthen);
    shared->over = 1;
    waitpid(other, NULL, 0);
    printf("pages of others: %ld wrong\n", shared->wrong);
}

static char *own;
static void protect(void) { mprotect(own, 4096, PROT_NONE); }
static void unprotect(void) { mprotect(own, 4096, PROT_READ | PROT_WRITE); }
static int watcher(void *shared) {
    watch(shared, own);
    return 0;
}

// A page that two threads share is protected.
static void pages_of_threads(void) {
    struct shared *shared = share();
    own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *stack = malloc(1 << 16);
    pid_t other = clone(watcher, stack + (1 << 16), CLONE_VM | SIGCHLD, shared);
    for (int i = 0; i < TURNS; i++) next(shared, protect, unprotect);
    shared->over = 1;
    waitpid(other, NULL, 0);
    free(stack);
    printf("pages of threads: %ld wrong\n", shared->wrong);
}

static int writer(void *words) {
    for (volatile long *word = words; !word[1]; word[0]++) continue;
    return 0;
}

// A child has the page as it was at its birth, though a thread goes on writing to it.
static void pages_of_children(void) {
    long *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *stack = malloc(1 << 16);
    int wrong = 0;
    pid_t other = clone(writer, stack + (1 << 16), CLONE_VM | SIGCHLD, words);
    for (int i = 0; i < TURNS; i++) {
        pid_t child = fork();
        if (child == 0) {
            long before = *(volatile long *)words;
            for (volatile int j = 0; j < 20000; j++) continue;
            _exit(*(volatile long *)words != before);
        }
        int status;
        waitpid(child, &status, 0);
        wrong += status != 0;
    }
    words[1] = 1;
    waitpid(other, NULL, 0);
    free(stack);
    printf("pages of children: %d wrong\n", wrong);
}

void processors(void) {
    printf("processors: %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    hand_over();
    pages_of_others();
    pages_of_threads();
    pages_of_children();
}
