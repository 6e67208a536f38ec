// What the parts of the tests' guest share.
#ifndef GUEST_H
#define GUEST_H

/// Seconds of the monotonic clock.
double now(void);

/// What several processors do at the same time.
void processors(void);

#endif
