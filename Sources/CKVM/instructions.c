#include "CKVM.h"

#include <cpuid.h>
#include <x86intrin.h>

uint64_t ckvm_rdtsc(void) { return __rdtsc(); }

uint64_t ckvm_xgetbv(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

void ckvm_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]) {
    __cpuid_count(leaf, subleaf, out[0], out[1], out[2], out[3]);
}
