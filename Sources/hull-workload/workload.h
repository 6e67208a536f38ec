// What a shell cannot time: small pieces of work, repeated often enough to be told from the clock's own cost.
#ifndef HULL_WORKLOAD_H
#define HULL_WORKLOAD_H

#include <stdint.h>

/// A piece of work that can be repeated. It ends the process where the system refuses what it needs.
struct workload {
    const char *name;
    /// Makes ready; may be null.
    void (*prepare)(void);
    /// Does the work so many times.
    void (*repeat)(uint64_t count);
};

extern const struct workload workloads[];
extern const unsigned workload_count;

/// What the program does as the first process of a guest; it does not return but where the guest cannot end.
void run_as_init(void);

/// Ends the process with the name of what failed and why.
void fail(const char *what) __attribute__((noreturn));

#endif
