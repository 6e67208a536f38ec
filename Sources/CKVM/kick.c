#define _GNU_SOURCE
#include "CKVM.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

// The first real-time signal that the C library leaves to us.
#define KICK SIGRTMIN

static __thread struct kvm_run *volatile receiver;

// KVM_RUN ends with EINTR where the signal finds it. Where it comes just before, immediate_exit ends it.
static void received(int signal) {
    (void)signal;
    struct kvm_run *run = receiver;
    if (run) *(volatile uint8_t *)&run->immediate_exit = 1;
}

int ckvm_kick_install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = received;
    return sigaction(KICK, &action, NULL);
}

void ckvm_kick_receive(struct kvm_run *run) { receiver = run; }

int ckvm_kick(pid_t thread) { return (int)syscall(SYS_tgkill, getpid(), thread, KICK); }

int ckvm_kick_mask(int block) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, KICK);
    return pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

int ckvm_wait(int fd, int64_t nanoseconds) {
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(&entry, 1, nanoseconds < 0 ? NULL : &limit, NULL);
}

int ckvm_timer_create(pid_t thread, void **timer) {
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = KICK;
    event.sigev_notify_thread_id = thread;
    return timer_create(CLOCK_MONOTONIC, &event, (timer_t *)timer);
}

int ckvm_timer_set(void *timer, uint64_t nanoseconds) {
    struct itimerspec value = {
        .it_value = {.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)}};
    return timer_settime((timer_t)timer, 0, &value, NULL);
}

void ckvm_timer_delete(void *timer) { timer_delete((timer_t)timer); }
