// select(2) for this process and the libraries in it. avahi-core calls it, without a deadline, when
// the kernel has no room for a packet; and it stops the process for a descriptor that is too large
// for a fd_set. The dynamic linker finds the definitions here before those of libc, for libraries
// as well.
#define _GNU_SOURCE
#include "shims_linux.h"

#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

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

// As select(2), except that after cshim_never_wait() a call that would have to wait fails with
// EAGAIN. Such a caller has a fd_set of FD_SETSIZE bits; those of other threads may be larger, as
// Foundation's are.
__attribute__((visibility("default"))) int select(
    int count, fd_set *restrict reading, fd_set *restrict writing, fd_set *restrict urgent,
    struct timeval *restrict timeout) {
    bool would_wait = timeout == NULL || timeout->tv_sec != 0 || timeout->tv_usec != 0;
    struct timespec left = {0, 0};
    if (never_waits && count > FD_SETSIZE) count = FD_SETSIZE;
    if (!never_waits && timeout != NULL)
        left = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
    bool is_limited = never_waits || timeout != NULL;
    long found = syscall(SYS_pselect6, count, reading, writing, urgent, is_limited ? &left : NULL,
                         NULL);
    // Linux tells what is left of the time.
    if (!never_waits && timeout != NULL)
        *timeout = (struct timeval){left.tv_sec, left.tv_nsec / 1000};
    if (found == 0 && never_waits && would_wait) {
        errno = EAGAIN;
        return -1;
    }
    return (int)found;
}
