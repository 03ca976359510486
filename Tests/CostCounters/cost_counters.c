#define _GNU_SOURCE
#include "cost_counters.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static struct cost_counts counts;

struct cost_counts cost_counts_now(void) { return counts; }

void *malloc(size_t size) {
    counts.allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    counts.allocations++;
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    counts.allocations++;
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    counts.allocations++;
    return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    *result = aligned_alloc(alignment, size);
    return *result ? 0 : ENOMEM;
}

#define COUNTED(...) (counts.system_calls++, syscall(__VA_ARGS__))

int epoll_wait(int epoll, struct epoll_event *events, int events_max, int milliseconds) {
    return (int)COUNTED(SYS_epoll_pwait, epoll, events, events_max, milliseconds, NULL, 8);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    return (int)COUNTED(SYS_epoll_ctl, epoll, operation, fd, event);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old) {
    return (int)COUNTED(SYS_timerfd_settime, fd, flags, new, old);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    // The kernel writes down how much of it was left.
    struct timespec left = timeout ? *timeout : (struct timespec){0};
    return (int)COUNTED(SYS_ppoll, fds, count, timeout ? &left : NULL, mask, 8);
}

ssize_t read(int fd, void *bytes, size_t count) { return COUNTED(SYS_read, fd, bytes, count); }

ssize_t write(int fd, const void *bytes, size_t count) {
    return COUNTED(SYS_write, fd, bytes, count);
}

int close(int fd) { return (int)COUNTED(SYS_close, fd); }

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    return COUNTED(SYS_recvmsg, fd, message, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    return COUNTED(SYS_sendmsg, fd, message, flags);
}

ssize_t recvfrom(
    int fd, void *bytes, size_t count, int flags, struct sockaddr *address, socklen_t *length) {
    return COUNTED(SYS_recvfrom, fd, bytes, count, flags, address, length);
}

ssize_t sendto(
    int fd, const void *bytes, size_t count, int flags, const struct sockaddr *address,
    socklen_t length) {
    return COUNTED(SYS_sendto, fd, bytes, count, flags, address, length);
}

ssize_t recv(int fd, void *bytes, size_t count, int flags) {
    return recvfrom(fd, bytes, count, flags, NULL, NULL);
}

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    return sendto(fd, bytes, count, flags, NULL, 0);
}
