// What a processor's vector state does in a guest: whether each process finds what it left there, and a new one nothing.
// All that XCR0 lets programs have is filled and looked at by XRSTOR and XSAVE: x87 stack and control, MXCSR, XMM, the upper
// halves of YMM, opmasks and ZMM. Built with -mgeneral-regs-only, so that none of this code has a use for these registers; from
// `restore` to `save` it calls no library, which has.
//
//   vectors run PROCESSES ROUNDS    each process fills the registers and enters the kernel in many ways, over and over
//   vectors hold                    a process a processor has registers of its own until `vectors go`
//   vectors entry                   ends with 0 where the registers were empty at the first instruction
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { AREA = 8192, X87 = 1, SSE = 2, COMPONENTS = 0xe7, HEADER = 512, MXCSR = 24, STACK = 32, XMM = 160 };

struct area {
    _Alignas(64) uint8_t bytes[AREA];
};

/// The registers at the process's first instruction.
struct area at_entry;

__asm__(".globl vectors_start\n"
        "vectors_start:\n"
        "    mov %rdx, %r8\n"
        "    mov $0xe7, %eax\n"
        "    xor %edx, %edx\n"
        "    xsave at_entry(%rip)\n"
        "    mov %r8, %rdx\n"
        "    jmp _start\n");

/// Components of the state that are there, and where each lies in an area (Intel SDM 1, 13.4).
static uint32_t components;
static uint32_t offsets[8], sizes[8];

static void cpuid(uint32_t leaf, uint32_t part, uint32_t *a, uint32_t *b, uint32_t *c) {
    uint32_t d;
    __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(d) : "a"(leaf), "c"(part));
}

static int find_components(void) {
    uint32_t a, b, c, high;
    cpuid(1, 0, &a, &b, &c);
    if (!(c & 1u << 27)) return 0;  // OSXSAVE
    __asm__ volatile("xgetbv" : "=a"(components), "=d"(high) : "c"(0));
    components &= COMPONENTS;
    for (int i = 2; i < 8; i++)
        if (components & 1u << i) {
            cpuid(0xd, i, &sizes[i], &offsets[i], &c);
            if (offsets[i] + sizes[i] > AREA) return 0;
        }
    return 1;
}

static inline void restore(const struct area *area) {
    __asm__ volatile("xrstor %0" : : "m"(*area), "a"(components), "d"(0));
}

static inline void save(struct area *area) {
    __asm__ volatile("xsave %0" : "+m"(*area) : "a"(components), "d"(0));
}

static inline long call(long number, long first, long second, long third, long fourth) {
    register long r10 __asm__("r10") = fourth;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(first), "S"(second), "d"(third), "r"(r10)
                     : "rcx", "r11", "memory");
    return number;
}

/// Registers that tell by their contents whose they are.
static void fill(struct area *area, uint64_t seed) {
    memset(area, 0, sizeof *area);
    uint8_t *bytes = area->bytes;
    for (int i = 0; i < AREA; i++) {
        // D. Knuth's linear congruential generator (MMIX), of which the top bits are good.
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int isData = i >= XMM && i < XMM + 256;
        for (int c = 2; c < 8; c++) isData |= i >= (int)offsets[c] && i < (int)(offsets[c] + sizes[c]);
        // Of sixteen bytes a register of the x87 stack has ten.
        isData |= i >= STACK && i < XMM && i % 16 < 10;
        if (isData) bytes[i] = seed >> 56;
    }
    uint16_t control = 0x037f ^ (seed >> 40 & 3) << 10, status = seed >> 30 & 0x4700;
    // Rounding, flushing to zero, and flags of exceptions that are masked.
    uint32_t mxcsr = 0x1f80 | (seed >> 20 & 0xe03f) | (seed >> 10 & 0x40);
    memcpy(bytes, &control, 2);
    memcpy(bytes + 2, &status, 2);
    bytes[4] = 0xff;
    memcpy(bytes + MXCSR, &mxcsr, 4);
    memcpy(bytes + HEADER, &components, 4);
}

/// Where two areas differ first; -1 for nowhere. Calls nothing.
static int difference(const struct area *one, const struct area *other) {
    for (int i = 0; i < AREA; i++) {
        // What was executed last, MXCSR's mask, and what is reserved are not registers of programs.
        int counts = i < 5 || (i >= MXCSR && i < MXCSR + 4) || (i >= XMM && i < XMM + 256);
        counts |= i >= STACK && i < XMM && i % 16 < 10;
        for (int c = 2; c < 8; c++) counts |= i >= (int)offsets[c] && i < (int)(offsets[c] + sizes[c]);
        if (counts && one->bytes[i] != other->bytes[i]) return i;
    }
    return -1;
}

/// What the registers of a new process are.
static int entry_difference(void) {
    static struct area empty;
    uint16_t control = 0x037f;
    uint32_t mxcsr = 0x1f80;
    memcpy(empty.bytes, &control, 2);
    memcpy(empty.bytes + MXCSR, &mxcsr, 4);
    return difference(&empty, &at_entry);
}

static struct area foreign;
static volatile sig_atomic_t signals;

/// A handler has registers of its own.
static void scramble(int signal) {
    (void)signal;
    signals++;
    restore(&foreign);
}

static char *own_path;
static char *page;
static long processors;

/// A child has its parent's registers, and a program that it executes has none. Calls nothing of a library.
static int fork_and_execute(const struct area *pattern, struct area *found) {
    long child = call(SYS_fork, 0, 0, 0, 0);
    if (child < 0) return 0;
    if (child == 0) {
        save(found);
        if (difference(pattern, found) >= 0) call(SYS_exit_group, 3, 0, 0, 0);
        char word[] = {'e', 'n', 't', 'r', 'y', 0};
        char *words[] = {own_path, word, NULL};
        restore(pattern);
        call(SYS_execve, (long)own_path, (long)words, 0, 0);
        call(SYS_exit_group, 4, 0, 0, 0);
    }
    int status = -1;
    while (call(SYS_wait4, child, (long)&status, 0, 0) == -4) continue;  // EINTR
    return status == 0;
}

/// Enters the kernel in one of the ways in which a process may lose its registers.
static int enter(int way, const struct area *pattern, struct area *found) {
    struct timespec moment = {0, 200000};
    uint64_t mask;
    switch (way % 8) {
    case 0:
        for (int i = 0; i < 20; i++) call(SYS_sched_yield, 0, 0, 0, 0);
        return 1;
    case 1: return call(SYS_nanosleep, (long)&moment, 0, 0, 0) == 0;
    case 2:
        mask = 1ull << way / 8 % processors;
        return call(SYS_sched_setaffinity, 0, sizeof mask, (long)&mask, 0) == 0;
    case 3:
        if (call(SYS_madvise, (long)page, 4096, MADV_DONTNEED, 0) != 0) return 0;
        (*(volatile char *)page)++;
        return 1;
    case 4: return call(SYS_tgkill, call(SYS_getpid, 0, 0, 0, 0), call(SYS_gettid, 0, 0, 0, 0), SIGUSR1, 0) == 0;
    case 5: return fork_and_execute(pattern, found);
    case 6:
        // Until it is taken from the processor, or not.
        for (volatile int i = 0; i < 300000; i++) continue;
        return 1;
    default:
        for (int i = 0; i < 20; i++) call(SYS_getppid, 0, 0, 0, 0);
        return 1;
    }
}

static int run_process(int number, int rounds) {
    static struct area pattern, found;
    fill(&foreign, ~(uint64_t)number);
    struct sigaction action = {.sa_handler = scramble};
    sigaction(SIGUSR1, &action, NULL);
    for (int round = 0; round < rounds; round++) {
        fill(&pattern, (uint64_t)number << 32 | round);
        int failed = -1;
        restore(&pattern);
        // Each round begins with another way, so the processes meet in different ones.
        for (int i = 0; i < 8 && failed < 0; i++)
            if (!enter(number + round * 8 + i, &pattern, &found)) failed = (number + i) % 8;
        save(&found);
        int place = difference(&pattern, &found);
        if (failed >= 0 || place >= 0) {
            printf("process %d, round %d: way %d failed, byte %d differs\n", number, round, failed, place);
            return 1;
        }
    }
    return signals == rounds ? 0 : 1;
}

static int run(int count, int rounds) {
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child == 0) {
            int status = run_process(i + 1, rounds);
            fflush(stdout);
            _exit(status);
        }
    }
    int good = 0, status;
    while (wait(&status) > 0) good += status == 0;
    printf("kept: %d of %d\n", good, count);
    return good != count;
}

/// Has a pattern in the registers, without ever entering the kernel of its own will, until it is over.
static int spin(int number, volatile int *isOver) {
    static struct area pattern, found;
    uint64_t mask = 1ull << number % processors;
    sched_setaffinity(0, sizeof mask, (cpu_set_t *)&mask);
    fill(&pattern, number);
    restore(&pattern);
    while (!*isOver) __asm__ volatile("pause");
    save(&found);
    return difference(&pattern, &found) >= 0;
}

static int hold(void) {
    volatile int *isOver = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int count = 2 * processors;
    for (int i = 0; i < count; i++)
        if (fork() == 0) _exit(spin(i, isOver));
    static struct area pattern, found;
    fill(&pattern, 1000);
    puts("holding");
    fflush(stdout);
    struct timespec moment = {0, 20000000};
    restore(&pattern);
    while (call(SYS_access, (long)"/go", F_OK, 0, 0) != 0) call(SYS_nanosleep, (long)&moment, 0, 0, 0);
    save(&found);
    *isOver = 1;
    int good = difference(&pattern, &found) < 0, status;
    while (wait(&status) > 0) good += status == 0;
    printf("kept: %d of %d\n", good, count + 1);
    return good != count + 1;
}

int main(int argc, char **argv) {
    if (!find_components()) {
        puts("this processor has no XSAVE");
        return 2;
    }
    int place = entry_difference();
    if (place >= 0) {
        printf("byte %d was %#x at the first instruction\n", place, at_entry.bytes[place]);
        return 1;
    }
    own_path = argv[0];
    processors = sysconf(_SC_NPROCESSORS_ONLN);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "entry") == 0) return 0;
    printf("components: %#x, processors: %ld\n", components, processors);
    fflush(stdout);
    if (strcmp(word, "run") == 0 && argc == 4) return run(atoi(argv[2]), atoi(argv[3]));
    if (strcmp(word, "hold") == 0) return hold();
    if (strcmp(word, "go") == 0) return open("/go", O_CREAT | O_WRONLY, 0600) < 0;
    return 2;
}
