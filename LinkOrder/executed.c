// executed SYMBOLS COMMAND…: the functions of COMMAND's static executable that it and its children execute, in the order of
// their first instruction. SYMBOLS is what `nm -n --defined-only` says of the executable. Each process is followed
// instruction by instruction until it executes another program.
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct function {
    unsigned long address;
    char *name;
    int executed;
};

static struct function *functions;
static size_t count;

static void read_symbols(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) { perror(path); exit(1); }
    // Names of Swift's records may have blanks in them; those of functions have none.
    char line[65536], type, name[sizeof line];
    while (fgets(line, sizeof line, file)) {
        unsigned long address;
        if (sscanf(line, "%lx %c %s", &address, &type, name) != 3 || !strchr("tTwW", type)) continue;
        functions = realloc(functions, (count + 1) * sizeof *functions);
        functions[count++] = (struct function){address, strdup(name), 0};
    }
    fclose(file);
}

// Prints the functions at or before an address, which may have several names, when it is their first time.
static void note(unsigned long address) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (functions[middle].address <= address) low = middle + 1; else high = middle;
    }
    if (low == 0 || low == count || functions[low - 1].executed) return;
    unsigned long start = functions[low - 1].address;
    for (size_t i = low; i-- > 0 && functions[i].address == start;) {
        functions[i].executed = 1;
        puts(functions[i].name);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    read_symbols(argv[1]);
    pid_t child = fork(), pid;
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        // What the command prints is not what we print.
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(argv[2], argv + 2);
        _exit(127);
    }
    int status, started = 0;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, 0,
        PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
    ptrace(PTRACE_CONT, child, 0, 0);
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (!WIFSTOPPED(status)) continue;
        int event = status >> 16, signal = WSTOPSIG(status);
        if (event == PTRACE_EVENT_EXEC && started) { ptrace(PTRACE_DETACH, pid, 0, 0); continue; }
        started = 1;
        note(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), 0));
        if (event || signal == SIGTRAP || signal == SIGSTOP) signal = 0;
        ptrace(PTRACE_SINGLESTEP, pid, 0, signal);
    }
    return 0;
}
