// Loaded before a monitor's libraries (LD_PRELOAD): says when it asks KVM to run a guest for the first time, and the processor
// time that its process has used by then; at its end, how often a guest was left for it. In the words of hull-vmm's --statistics.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static atomic_llong runs;

static long long nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int ioctl(int file, unsigned long request, ...) {
    static int (*next)(int, unsigned long, ...);
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (!next) next = dlsym(RTLD_NEXT, "ioctl");
    if (request == KVM_RUN && atomic_fetch_add(&runs, 1) == 0)
        dprintf(2, "first instruction: at %lld, processor time %lld\n", nanoseconds(CLOCK_MONOTONIC),
                nanoseconds(CLOCK_PROCESS_CPUTIME_ID));
    return next(file, request, argument);
}

__attribute__((destructor)) static void tell(void) {
    // Whoever ran none, as the program that starts the monitor, has nothing to tell.
    if (runs > 0) dprintf(2, "exits: any %lld\n", (long long)runs);
}
