// System calls as numbers, which Swift cannot make.
#ifndef HULL_CJAILPROBE_H
#define HULL_CJAILPROBE_H

/// One system call of this processor's own kind.
///
/// Returns: the kernel's answer; a negative one is an error's number.
long jail_probe_call(long number, long first, long second, long third, long rest);
/// One system call as a 32-bit program makes it.
long jail_probe_call_32(long number);

#endif
