#include "workload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// A batch lasts long enough that reading the clock, microseconds in some guests, does not count.
static const uint64_t least_batch_ns = 10 * 1000 * 1000;
enum { batches = 7 };

void fail(const char *what) {
    fprintf(stderr, "hull-workload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t timed(const struct workload *workload, uint64_t count) {
    uint64_t began = now();
    workload->repeat(count);
    return now() - began;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/// Prints the median of some batches, in nanoseconds of one piece of work. hull compare reads this line.
static void measure(const struct workload *workload) {
    if (workload->prepare) workload->prepare();
    uint64_t count = 1;
    while (timed(workload, count) < least_batch_ns) count *= 2;
    double times[batches];
    for (int batch = 0; batch < batches; batch++) times[batch] = (double)timed(workload, count) / (double)count;
    qsort(times, batches, sizeof times[0], ascending);
    printf("nanoseconds an operation: %.3f\n", times[batches / 2]);
}

/// Writes text that compresses as prose does: words of a small vocabulary in an order that is the same each time.
static void write_text(unsigned long megabytes) {
    static const char *words[] = {"the ",   "guest ",   "kernel ", "runs ",  "a ",     "process ", "in ",    "memory ",
                                  "pages ", "namespace ", "of ",   "device ", "queue ", "reads ",   "writes ", "\n"};
    uint64_t state = 88172645463325252u, left = (uint64_t)megabytes << 20;
    while (left > 0) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        const char *word = words[state >> 60];
        size_t length = strlen(word);
        if (length > left) length = left;
        if (fwrite(word, 1, length, stdout) != length) fail("write");
        left -= length;
    }
    if (fflush(stdout) != 0) fail("write");
}

int main(int argc, char **argv) {
    if (getpid() == 1 && strcmp(argv[0], "/init") == 0) {
        run_as_init();
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "nothing") == 0) return 0;
    if (argc == 3 && strcmp(argv[1], "text") == 0) {
        write_text(strtoul(argv[2], NULL, 10));
        return 0;
    }
    for (unsigned place = 0; argc == 2 && place < workload_count; place++) {
        if (strcmp(argv[1], workloads[place].name) == 0) {
            measure(&workloads[place]);
            return 0;
        }
    }
    fprintf(stderr, "usage: hull-workload NAME | text MEGABYTES | nothing\nNAME is one of:");
    for (unsigned place = 0; place < workload_count; place++) fprintf(stderr, " %s", workloads[place].name);
    fprintf(stderr, "\n");
    return 2;
}
