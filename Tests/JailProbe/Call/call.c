#include "CJailProbe.h"

long jail_probe_call(long number, long first, long second, long third, long rest) {
    register long r10 __asm__("r10") = rest;
    register long r8 __asm__("r8") = rest;
    register long r9 __asm__("r9") = rest;
    long answer;
    __asm__ volatile("syscall"
                     : "=a"(answer)
                     : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return answer;
}

long jail_probe_call_32(long number) {
    long answer;
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(0), "c"(0), "d"(0) : "memory");
    return answer;
}
