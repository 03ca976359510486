// select(2) for this process and the libraries in it. avahi-core calls it, without a deadline, when
// the kernel has no room for a packet; and it stops the process for a descriptor that is too large
// for a fd_set. The dynamic linker finds the definitions here before those of libc, for libraries
// as well.
#define _GNU_SOURCE
#include "shims_linux.h"

#include <poll.h>
#include <sys/select.h>

// Of the thread that runs the loop. One that looks a name up for it may wait.
static _Thread_local bool never_waits;

void cshim_never_wait(void) { never_waits = true; }

// The symbol that is compiled in for FD_SET and its like (glibc, debug/fdelt_chk.c): the index of a
// word of the fd_set. libc's own aborts where there is no such word. The first word is wrong, too,
// but it is there, and nothing waits for it.
long int __fdelt_chk(long int fd);
__attribute__((visibility("default"))) long int __fdelt_chk(long int fd) {
    return fd >= 0 && fd < FD_SETSIZE ? fd / NFDBITS : 0;
}

static bool has(const fd_set *set, int fd) {
    return set != NULL && (set->fds_bits[fd / NFDBITS] >> (fd % NFDBITS) & 1) != 0;
}

static nfds_t collect(int count, const fd_set *reading, const fd_set *writing, const fd_set *urgent,
                      struct pollfd *wanted) {
    nfds_t used = 0;
    for (int fd = 0; fd < count; fd++) {
        short events = (short)((has(reading, fd) ? POLLIN : 0) | (has(writing, fd) ? POLLOUT : 0) |
                               (has(urgent, fd) ? POLLPRI : 0));
        if (events != 0) wanted[used++] = (struct pollfd){.fd = fd, .events = events};
    }
    return used;
}

static int keep(fd_set *set, const struct pollfd *found, short asked, short ready) {
    if (set == NULL || !(found->events & asked)) return 0;
    if (found->revents & ready) return 1;
    set->fds_bits[found->fd / NFDBITS] &= ~((fd_mask)1 << (found->fd % NFDBITS));
    return 0;
}

static int milliseconds(const struct timeval *timeout) {
    if (timeout == NULL) return -1;
    if (timeout->tv_sec > INT_MAX / 1000 - 1) return INT_MAX;
    return (int)(timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000);
}

// As select(2), except that after cshim_never_wait() a call that would have to wait fails with
// EAGAIN.
__attribute__((visibility("default"))) int select(
    int count, fd_set *restrict reading, fd_set *restrict writing, fd_set *restrict urgent,
    struct timeval *restrict timeout) {
    struct pollfd wanted[FD_SETSIZE];
    if (count < 0) {
        errno = EINVAL;
        return -1;
    }
    if (count > FD_SETSIZE) count = FD_SETSIZE;
    nfds_t used = collect(count, reading, writing, urgent, wanted);
    int wait = milliseconds(timeout);
    int found = poll(wanted, used, never_waits ? 0 : wait);
    if (found < 0) return -1;
    if (found == 0 && never_waits && wait != 0) {
        errno = EAGAIN;
        return -1;
    }
    int bits = 0;
    for (nfds_t i = 0; i < used; i++) {
        if (wanted[i].revents & POLLNVAL) {
            errno = EBADF;
            return -1;
        }
        bits += keep(reading, &wanted[i], POLLIN, POLLIN | POLLHUP | POLLERR);
        bits += keep(writing, &wanted[i], POLLOUT, POLLOUT | POLLERR);
        bits += keep(urgent, &wanted[i], POLLPRI, POLLPRI);
    }
    return bits;
}
