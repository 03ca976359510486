// What each turn of the server's loop costs, in CPU time of its own, which does not depend on how
// busy the machine is. Preloaded into a server, keeps in the file that TURNS names, as numbers of 8
// bytes: how many turns there were; and, in nanoseconds, what all of them took, the longest, and the
// longest eight in a row. Whoever writes zeros begins anew.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { IN_A_ROW = 8 };

static struct {
    uint64_t turns, total, longest, longest_row;
} *report;

static uint64_t row[IN_A_ROW], woken;

static uint64_t cpu_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("TURNS");
    if (!path) return;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof *report)) abort();
    report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (report == MAP_FAILED) abort();
    close(file);
}

static void note(uint64_t span) {
    uint64_t sum = 0;
    if (report->turns == 0) memset(row, 0, sizeof row);
    row[report->turns++ % IN_A_ROW] = span;
    report->total += span;
    for (int i = 0; i < IN_A_ROW; i++) sum += row[i];
    if (span > report->longest) report->longest = span;
    if (sum > report->longest_row) report->longest_row = sum;
}

int epoll_wait(int descriptor, struct epoll_event *events, int size, int timeout) {
    static int (*real)(int, struct epoll_event *, int, int);
    if (!real) {
        real = (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
        unsetenv("TURNS");  // not for checkers
        unsetenv("LD_PRELOAD");
    }
    if (report && woken) note(cpu_time() - woken);
    int count = real(descriptor, events, size, timeout);
    woken = cpu_time();
    return count;
}
