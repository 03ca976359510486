// reactor-floor ROUNDS: the least that an event loop has to ask of the kernel, with CPU time in the
// median of so many rounds, in nanoseconds for each:
//
//     timer-fire         an alarm is set, and waited for
//     wake               a descriptor is ready, and waited for
//     watch-add-remove   a descriptor is opened, added, removed and closed
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { operations = 10000, rounds_max = 1000 };

static void check(int result, const char *what) {
    if (result >= 0) return;
    perror(what);
    exit(1);
}

static double processor_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void add(int epoll, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void wait(int epoll) {
    struct epoll_event event;
    check(epoll_wait(epoll, &event, 1, -1), "epoll_wait");
}

static void fire(int epoll, int alarm) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    struct itimerspec past = {.it_value = now};
    check(timerfd_settime(alarm, TFD_TIMER_ABSTIME, &past, NULL), "timerfd_settime");
    wait(epoll);
}

static void wake(int epoll, int unused) {
    (void)unused;
    wait(epoll);
}

static void watch(int epoll, int unused) {
    (void)unused;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    add(epoll, fd, EPOLLIN);
    check(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL), "epoll_ctl");
    close(fd);
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void measure(
    const char *name, int rounds, void (*operation)(int, int), int epoll, int fd) {
    double spans[rounds_max];
    for (int round = 0; round < rounds; round++) {
        double start = processor_time();
        for (int i = 0; i < operations; i++) operation(epoll, fd);
        spans[round] = (processor_time() - start) / operations;
    }
    qsort(spans, (size_t)rounds, sizeof *spans, compare);
    printf("%s %.1f\n", name, spans[rounds / 2]);
}

int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 0;
    if (rounds < 1 || rounds > rounds_max) return 2;
    int alarms = epoll_create1(EPOLL_CLOEXEC), ready = epoll_create1(EPOLL_CLOEXEC);
    int alarm = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    check(alarms, "epoll_create1");
    check(ready, "epoll_create1");
    check(alarm, "timerfd_create");
    add(alarms, alarm, EPOLLIN | EPOLLET);
    add(ready, eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), EPOLLIN);
    measure("timer-fire", rounds, fire, alarms, alarm);
    measure("wake", rounds, wake, ready, -1);
    measure("watch-add-remove", rounds, watch, ready, -1);
}
