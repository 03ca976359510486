// Stands between the program that is linked with it and libc: counts what is asked of the allocator,
// and calls into the kernel. Shared libraries, such as those of Swift and systemd, find these
// functions first. For programs with one thread.
#ifndef COST_COUNTERS_H
#define COST_COUNTERS_H

#include <stdint.h>

struct cost_counts {
    // Blocks asked for, also by making one larger.
    uint64_t allocations;
    // Of the calls by which an event loop waits, reads and writes: see cost_counters.c.
    uint64_t system_calls;
};

// Since the start of the program.
struct cost_counts cost_counts_now(void);

#endif
