// What Swift cannot say of Linux and glibc: macros, feature-test functions and mutable globals.
// Policy belongs to the callers. _GNU_SOURCE is defined in shims_linux.c only: in a header it would
// change the types that the Swift overlay of glibc has already seen.
#ifndef CSHIMS_LINUX_H
#define CSHIMS_LINUX_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <malloc.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The arguments of the process. Embedded Swift has no CommandLine.
int cshim_argc(void);
char *_Nullable const *_Nonnull cshim_argv(void);

int cshim_errno(void);

// Text of an error number, from a table that is never freed (strerrordesc_np(3)).
const char *_Nonnull cshim_error_text(int code);

// accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC.
int cshim_accept(int fd, struct sockaddr *_Nullable address, socklen_t *_Nullable length);

// open(2) is variadic. O_CLOEXEC and O_NOCTTY are always added.
int cshim_open(const char *_Nonnull path, int flags, mode_t mode);

// epoll_ctl(2). Swift cannot take the packed union of struct epoll_event apart without pointers.
int cshim_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data);
static inline uint64_t cshim_event_data(const struct epoll_event *_Nonnull event) {
    return event->data.u64;
}

// ioctl(2) is variadic: SIOCOUTQ of tcp(7), bytes that the peer has not acknowledged; or -1.
int cshim_unacknowledged(int socket);
// SO_LINGER of socket(7), without a time: closing resets the connection.
int cshim_drop_unsent(int socket);
// TCP_INFO of tcp(7): connections that wait to be accepted, of a listening socket; or -1.
int cshim_queued_connections(int socket);

// fcntl(2) is variadic.
int cshim_duplicate(int fd, int lowest);
int cshim_set_nonblocking(int fd);
int cshim_get_descriptor_flags(int fd);

// pipe2(2) with O_CLOEXEC.
int cshim_pipe(int *_Nonnull reading, int *_Nonnull writing);
// The same for what a child writes: reading never waits.
int cshim_output_pipe(int *_Nonnull reading, int *_Nonnull writing);

// timerfd_settime(2) with TFD_TIMER_CANCEL_ON_SET: reading fails with ECANCELED once the clock of
// the timer was set.
int cshim_cancel_on_set(int timer);

// Has a raw ICMP socket of AF_INET or AF_INET6 receive nothing but replies to pings: ICMP_FILTER of
// raw(7), ICMP6_FILTER of RFC 3542, section 3.2.
int cshim_only_echo_replies(int socket, int family);

// pidfd_open(2): close-on-exec by itself. EPERM and the like as usual.
int cshim_pidfd_open(pid_t pid);

// waitid(P_PIDFD, WEXITED | WNOHANG). Returns 1 and stores the exit status or the signal when the
// child has ended (which reaps it), 0 when it still runs, -1 on error.
int cshim_reap(int pidfd, int *_Nonnull exit_status, int *_Nonnull signal);

// posix_spawn(3) of `/bin/sh -c command`: a session and process group of its own, no signal blocked,
// every signal at its default, working directory "/", our environment, standard input from
// /dev/null, `output` as standard output and error, every other descriptor closed. Returns 0 or an
// errno. The shell is what one needs for that, kept from one command to the next; NULL if there is
// no memory.
struct cshim_shell;
struct cshim_shell *_Nullable cshim_shell_new(void);
void cshim_shell_free(struct cshim_shell *_Nonnull shell);
int cshim_shell_start(
    struct cshim_shell *_Nonnull shell, const char *_Nonnull command, int output,
    pid_t *_Nonnull pid);

// From now on select(2) never waits in this thread, whichever library calls it: it fails with EAGAIN
// instead.
void cshim_never_wait(void);

// CPU time of the calling thread in nanoseconds: CLOCK_THREAD_CPUTIME_ID of clock_gettime(2).
int64_t cshim_thread_cpu_time(void);

// memfd_create(2) with MFD_CLOEXEC: a file that is in memory only.
int cshim_memory_file(void);

// Runs a program, found in PATH, to its end, with these descriptors as its standard input and output
// and as its descriptor 3, standard error from /dev/null, and no other. Returns its exit status; 127
// if it cannot be started, and 128 if a signal ended it.
int cshim_run(char *_Nullable const *_Nonnull argv, int input, int output, int third);

// prctl(2) is variadic: the memory of this process is never written to a core file, nor can other
// processes of the same user look at it.
int cshim_forbid_core_file(void);

// One step of getopt_long(3), whose state is in mutable globals. It prints nothing.
struct cshim_option_step {
    int value;                       // what getopt_long returned
    int index;                       // of the long option, or -1
    const char *_Nullable argument;  // its value
    int next;                        // optind
    int offender;                    // optopt
};
struct cshim_option_step cshim_getopt_long(int argc, char *_Nullable const *_Nonnull argv,
                                           const char *_Nonnull short_options,
                                           const struct option *_Nonnull long_options);
// To be called before the first step over a new argument vector.
void cshim_getopt_reset(void);

#endif
