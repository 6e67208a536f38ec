// What must happen in the guest's first process before any Swift runs. There is nothing to call.
#ifndef HULL_CAGENTSTART_H
#define HULL_CAGENTSTART_H
#endif
