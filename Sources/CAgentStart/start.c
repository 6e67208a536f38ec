#include "CAgentStart.h"

#include <sys/mount.h>
#include <unistd.h>

// Swift's runtime looks for its executable in /proc/self before main, and aborts where there is none. Of the kernel's own
// mounts there is only /dev by then. Priorities up to 100 belong to the C library; this one runs before all others.
__attribute__((constructor(101))) static void mount_proc(void) {
    if (getpid() != 1) return;
    // Without it the runtime says why it aborts: there is nobody yet to tell more.
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
}
