// PID 1 of the guests of the machine's tests: does what its arguments on the kernel's command line name, says so on the
// console, and switches off. Built static by the tests.
#define _GNU_SOURCE
#include "guest.h"

#include <fcntl.h>
#include <immintrin.h>
#include <linux/vm_sockets.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sigjmp_buf escape;
static void caught(int signal) { siglongjmp(escape, signal); }

// What a program may try: each ends in a signal, and nothing else happens.
static void attack(const char *name, void (*body)(void)) {
    int signal = sigsetjmp(escape, 1);
    if (signal == 0) {
        body();
        printf("attack %s: nothing happened\n", name);
    } else {
        printf("attack %s: signal %d\n", name, signal);
    }
    fflush(stdout);
}

static void read_kernel(void) { *(volatile char *)0xffffffff81000000; }
static void read_monitor(void) { *(volatile char *)0xffff820040015000; }
static void read_memory(void) { *(volatile char *)0xffff828000001000; }
static void ring_doorbell(void) { *(volatile char *)0xffff82004000f000 = 1; }
static void ask_exit(void) { *(volatile char *)0xffff820040013f80 = 1; }
static void ask_flush(void) { *(volatile char *)0xffff820040013f88 = 1; }
static void out_port(void) { __asm__ volatile("outb %%al, $14" ::"a"(0)); }
static void clear_interrupts(void) { __asm__ volatile("cli"); }
static void halt(void) { __asm__ volatile("hlt"); }
static void jump_nowhere(void) { ((void (*)(void))0x8000000000000000)(); }
static void jump_stub(void) { ((void (*)(void))0xffff820040013000)(); }
// Behind LSTAR, where the kernel's own hypercalls come in, and elsewhere in the monitor; with a number that nobody knows.
static void jump_hypercall(void) { __asm__ volatile("mov $63, %%eax\n call *%0" ::"r"(0xffff82004001a006) : "rax"); }
static void jump_monitor(void) { __asm__ volatile("mov $63, %%eax\n call *%0" ::"r"(0xffff820040019000) : "rax"); }
static void undefined(void) { __asm__ volatile("ud2"); }
static void breakpoint(void) { __asm__ volatile("int3"); }
static void divide(void) { __asm__ volatile("xor %%edx, %%edx\n div %0" ::"r"(0), "a"(1) : "rdx"); }
// A signal's return to what is no address, with every flag set.
static void return_nowhere(void) {
    // rt_sigreturn with a frame of our own on the stack: RIP is not canonical.
    uint8_t stack[2048] __attribute__((aligned(16)));
    memset(stack, 0, sizeof stack);
    uint64_t *gregs = (uint64_t *)(stack + 40);
    gregs[16] = 0x8000000000001000;          // RIP
    gregs[15] = (uint64_t)(stack + 1024);    // RSP
    gregs[17] = 0x3bfed7;                    // RFLAGS: all but alignment checks
    gregs[18] = 0x002b000000000033;          // CS, GS, FS, SS
    __asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall" ::"r"(stack) : "memory");
}

static void attacks(void) {
    for (int signal = 1; signal < 32; signal++)
        if (signal != SIGCHLD && signal != SIGKILL && signal != SIGSTOP) {
            struct sigaction action = {.sa_handler = caught, .sa_flags = SA_NODEFER | SA_ONSTACK};
            sigaction(signal, &action, NULL);
        }
    static char alternative[65536];
    stack_t stack = {.ss_sp = alternative, .ss_size = sizeof alternative};
    sigaltstack(&stack, NULL);
    attack("read-kernel", read_kernel);
    attack("read-monitor", read_monitor);
    attack("read-memory", read_memory);
    attack("doorbell", ring_doorbell);
    attack("exit", ask_exit);
    attack("flush", ask_flush);
    attack("out", out_port);
    attack("cli", clear_interrupts);
    attack("hlt", halt);
    attack("jump-nowhere", jump_nowhere);
    attack("jump-stub", jump_stub);
    attack("undefined", undefined);
    attack("breakpoint", breakpoint);
    attack("divide", divide);
    attack("sigreturn", return_nowhere);
    attack("jump-hypercall", jump_hypercall);
    attack("jump-monitor", jump_monitor);
    // The number of a hypercall that nobody knows, and more than that: to Linux only a system call.
    printf("attack hypercall: %ld\n", syscall(1000, 1, 2, 3));
    // LSTAR's page by a jump: no more than a system call of an unknown number.
    uint64_t result;
    __asm__ volatile("lea 1f(%%rip), %%rcx\n mov $0x202, %%r11\n mov $100000, %%eax\n jmp *%1\n1:"
                     : "=a"(result)
                     : "r"(0xffff82004001a000)
                     : "rcx", "r11", "memory");
    printf("attack jump-lstar: %ld\n", (long)result);
}

// Workers with different vector registers; each looks whether its own are still there after it was switched.
static void vectors(void) {
    int workers = 4, failed = 0;
    for (int i = 0; i < workers; i++) {
        if (fork() == 0) {
            for (int turn = 0; turn < 200; turn++) {
                uint64_t value = (uint64_t)i << 32 | (uint64_t)turn, after;
                __asm__ volatile("vmovq %1, %%xmm7\n vpbroadcastq %%xmm7, %%ymm7\n"
                                 "mov $24, %%eax\n syscall\n"
                                 "vextracti128 $1, %%ymm7, %%xmm8\n vmovq %%xmm8, %0"
                                 : "=r"(after)
                                 : "r"(value)
                                 : "rax", "rcx", "r11", "xmm7", "xmm8", "memory");
                if (after != value) _exit(1);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < workers; i++) {
        int status;
        wait(&status);
        if (status != 0) failed++;
    }
    printf("vectors: %d failed\n", failed);
}

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void measure(const char *name, int count, void (*body)(void)) {
    double start = now();
    for (int i = 0; i < count; i++) body();
    printf("measured %s: %.1f us\n", name, (now() - start) / count * 1e6);
}

static void one_call(void) { getppid(); }
static void one_fault(void) {
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 1;
    munmap(page, 4096);
}
static char *many;
static void one_page(void) {
    *many = 1;
    many += 4096;
}
static void one_fork(void) {
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    waitpid(pid, NULL, 0);
}
static void one_program(void) {
    pid_t pid = vfork();
    if (pid == 0) {
        execl("/init", "/init", "nothing", NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}
static void one_fork_program(void) {
    pid_t pid = fork();
    if (pid == 0) {
        execl("/init", "/init", "nothing", NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static void measures(void) {
    measure("getppid", 2000, one_call);
    many = mmap(NULL, 4096 * 2001, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    measure("fault", 2000, one_page);
    measure("map-touch-unmap", 500, one_fault);
    measure("fork-exit", 100, one_fork);
    measure("vfork-exec-exit", 100, one_program);
    measure("fork-exec-exit", 100, one_fork_program);
}

static int host_socket(void) {
    int file = socket(AF_VSOCK, SOCK_STREAM, 0);
    struct sockaddr_vm host = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = 1024};
    if (file >= 0 && connect(file, (struct sockaddr *)&host, sizeof host) == 0) return file;
    perror("vsock");
    close(file);
    return -1;
}

// Sends what a port of the host says back to it in capitals.
static void sockets(void) {
    int file = host_socket();
    if (file < 0) return;
    char text[64];
    ssize_t count = read(file, text, sizeof text);
    for (ssize_t i = 0; i < count; i++)
        if (text[i] >= 'a' && text[i] <= 'z') text[i] -= 32;
    if (write(file, text, (size_t)count) == count) printf("vsock: echoed\n");
    // Until the host has read it: what is under way would be lost with the machine.
    while (read(file, text, sizeof text) > 0) continue;
    close(file);
}

// The disk's bytes are those of the file, and what is written is there afterwards.
static void disks(void) {
    static char block[1 << 16];
    int file = open("/dev/vdb", O_RDWR);
    for (int i = 0; i < 64; i++) {
        memset(block, i, sizeof block);
        if (pwrite(file, block, sizeof block, (off_t)i * (off_t)sizeof block) != sizeof block) printf("disk: short write\n");
    }
    fsync(file);
    printf("disk: written\n");
}

static void sleeps(void) {
    double start = now();
    for (int i = 0; i < 20; i++) usleep(1000);
    printf("slept: %s\n", now() - start < 2 ? "in time" : "too long");
}

static unsigned own_address(void) {
    unsigned cid = 0;
    int file = open("/dev/vsock", O_RDONLY);
    if (file < 0 || ioctl(file, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) < 0) perror("/dev/vsock");
    close(file);
    return cid;
}

// The first bytes of a disk that comes with a copy; the driver looks again in its own time.
static void read_disk(char *text, size_t size) {
    for (int turn = 0; turn < 200; turn++) {
        int file = open("/dev/vdb", O_RDONLY);
        ssize_t count = file < 0 ? -1 : read(file, text, size - 1);
        close(file);
        if (count > 0) {
            text[strcspn(text, "\n")] = 0;
            return;
        }
        usleep(5000);
    }
    strcpy(text, "nothing");
}

// Writes blocks to a disk past the page cache, and reads others back: each is what was written last. Counts turns and faults.
static void use_disk(int file, int *turns, int *faults) {
    enum { SIZE = 4096, COUNT = 256 };
    static uint64_t written[COUNT];
    uint64_t *block = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (uint64_t turn = 1;; turn++) {
        uint64_t place = turn * 7919 % COUNT, other = turn * 104729 % COUNT;
        for (int i = 0; i < SIZE / 8; i++) block[i] = turn;
        written[place] = turn;
        if (pwrite(file, block, SIZE, (off_t)(place * SIZE)) != SIZE) (*faults)++;
        if (pread(file, block, SIZE, (off_t)(other * SIZE)) != SIZE) (*faults)++;
        for (int i = 0; i < SIZE / 8; i++)
            if (block[i] != written[other]) (*faults)++;
        *turns = (int)turn;
    }
}

// Waits to be copied: holds memory, a process with vector registers, and a connection. When that breaks it is a copy (or the
// host's end has gone), connects again, and tells a word that it is given together with what it still has.
static void waits_to_be_copied(void) {
    enum { WORDS = 1 << 20 };
    uint64_t *memory = malloc(WORDS * sizeof *memory);
    for (uint64_t i = 0; i < WORDS; i++) memory[i] = i * 0x9e3779b97f4a7c15;
    int *failed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t worker = fork();
    if (worker == 0) {
        for (uint64_t turn = 0;; turn++) {
            uint64_t after;
            __asm__ volatile("vmovq %1, %%xmm7\n vpbroadcastq %%xmm7, %%ymm7\n"
                             "mov $24, %%eax\n syscall\n mov $1000, %%ecx\n 1: dec %%ecx\n jnz 1b\n"
                             "vextracti128 $1, %%ymm7, %%xmm8\n vmovq %%xmm8, %0"
                             : "=r"(after)
                             : "r"(turn)
                             : "rax", "rcx", "r11", "xmm7", "xmm8", "memory");
            if (after != turn) failed[0]++;
            failed[1] = (int)turn;
        }
    }
    int scratch = open("/dev/vdc", O_RDWR | O_DIRECT);
    if (scratch >= 0 && fork() == 0) use_disk(scratch, &failed[2], &failed[3]);
    int file = host_socket();
    for (;;) {
        char text[512], disk[64] = "";
        if (write(file, "ready\n", 6) != 6) printf("copies: no host\n");
        ssize_t count = read(file, text, sizeof text - 1);
        if (count <= 0) {
            // The transport was reset.
            close(file);
            file = host_socket();
            continue;
        }
        text[strcspn(text, "\n")] = 0;
        int wrong = 0, before = failed[1], disk_before = failed[2];
        for (uint64_t i = 0; i < WORDS; i++) wrong += memory[i] != i * 0x9e3779b97f4a7c15;
        double start = now();
        usleep(20000);
        double slept = now() - start;
        read_disk(disk, sizeof disk);
        char answer[1024];
        int length = snprintf(
            answer, sizeof answer, "%s cid %u memory %d vectors %d worker %s slept %s disk %s scratch %d %s clock %.3f\n",
            text,
            own_address(), wrong, failed[0], failed[1] > before ? "runs" : "stands",
            slept >= 0.02 && slept < 2 ? "well" : "badly", disk, failed[3],
            failed[2] > disk_before ? "runs" : "stands", now());
        if (write(file, answer, (size_t)length) != length) perror("write");
    }
}

int main(int count, char **words) {
    if (count > 1 && strcmp(words[1], "nothing") == 0) return 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("init runs\n");
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "attacks") == 0) attacks();
        if (strcmp(words[i], "vectors") == 0) vectors();
        if (strcmp(words[i], "measures") == 0) measures();
        if (strcmp(words[i], "vsock") == 0) sockets();
        if (strcmp(words[i], "copies") == 0) waits_to_be_copied();
        if (strcmp(words[i], "disks") == 0) disks();
        if (strcmp(words[i], "sleeps") == 0) sleeps();
        if (strcmp(words[i], "processors") == 0) processors();
        if (strcmp(words[i], "leave") == 0) return 0;
        if (strcmp(words[i], "reboot") == 0) reboot(RB_AUTOBOOT);
        if (strcmp(words[i], "wait") == 0) pause();
    }
    printf("init is done\n");
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
