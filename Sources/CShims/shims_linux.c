#define _GNU_SOURCE
#include "shims_linux.h"

#include <linux/icmp.h>
#include <linux/sockios.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static int saved_argc;
static char **saved_argv;

__attribute__((constructor)) static void save_arguments(int argc, char **argv) {
    saved_argc = argc;
    saved_argv = argv;
}

int cshim_argc(void) { return saved_argc; }
char *const *cshim_argv(void) { return saved_argv; }

int cshim_errno(void) { return errno; }

const char *cshim_error_text(int code) {
    const char *text = strerrordesc_np(code);
    return text ? text : "unknown error";
}

int cshim_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int cshim_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
}

int cshim_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

int cshim_drop_unsent(int socket) {
    struct linger at_once = {.l_onoff = 1};
    return setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

int cshim_queued_connections(int socket) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    // Of a listening socket it is that: tcp_get_info() of Linux.
    return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ? -1 : (int)info.tcpi_unacked;
}

int cshim_unacknowledged(int socket) {
    int count = 0;
    return ioctl(socket, SIOCOUTQ, &count) < 0 ? -1 : count;
}

int cshim_duplicate(int fd, int lowest) { return fcntl(fd, F_DUPFD_CLOEXEC, lowest); }
int cshim_get_descriptor_flags(int fd) { return fcntl(fd, F_GETFD); }

int cshim_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int cshim_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

int cshim_output_pipe(int *reading, int *writing) {
    if (cshim_pipe(reading, writing) < 0) return -1;
    if (fcntl(*reading, F_SETFL, O_NONBLOCK) == 0) return 0;  // a new one has no flags to keep
    close(*reading);
    close(*writing);
    return -1;
}

int cshim_cancel_on_set(int timer) {
    // As late as can be: it is not to ring, only to be cancelled.
    struct itimerspec never = {.it_value.tv_sec = INT64_MAX / 1000000000};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

int cshim_only_echo_replies(int socket, int family) {
    if (family == AF_INET) {
        struct icmp_filter filter = {.data = ~(1U << ICMP_ECHOREPLY)};
        return setsockopt(socket, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    }
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    return setsockopt(socket, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
}

int cshim_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cshim_reap(int pidfd, int *exit_status, int *signal) {
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0) return -1;
    if (info.si_pid == 0) return 0;
    *exit_status = info.si_code == CLD_EXITED ? info.si_status : -1;
    *signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    return 1;
}

static int make_actions(posix_spawn_file_actions_t *actions, int output) {
    int code = posix_spawn_file_actions_init(actions);
    if (code) return code;
    (void)(  // the first that fails ends the chain with its code
        (code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)) ||
        (code = posix_spawn_file_actions_adddup2(actions, output, 1)) ||
        (code = posix_spawn_file_actions_adddup2(actions, 1, 2)) ||
        (code = posix_spawn_file_actions_addchdir_np(actions, "/")) ||
        (code = posix_spawn_file_actions_addclosefrom_np(actions, 3)));
    if (code) posix_spawn_file_actions_destroy(actions);
    return code;
}

static int make_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawnattr_init(attributes);
    if (code) return code;
    (void)((code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                            POSIX_SPAWN_SETSIGDEF)) ||
           (code = posix_spawnattr_setsigmask(attributes, &none)) ||
           (code = posix_spawnattr_setsigdefault(attributes, &all)));
    if (code) posix_spawnattr_destroy(attributes);
    return code;
}

struct cshim_shell {
    posix_spawnattr_t attributes;
    // Kept, as glibc makes a system call for each descriptor that is named, and the pipe of a command
    // seldom has another number than that of the one before.
    posix_spawn_file_actions_t actions;
    int output;  // of the actions; -1 without any
};

struct cshim_shell *cshim_shell_new(void) {
    struct cshim_shell *shell = malloc(sizeof *shell);
    if (!shell) return NULL;
    shell->output = -1;
    if (make_attributes(&shell->attributes) == 0) return shell;
    free(shell);
    return NULL;
}

static void forget_actions(struct cshim_shell *shell) {
    if (shell->output >= 0) posix_spawn_file_actions_destroy(&shell->actions);
    shell->output = -1;
}

void cshim_shell_free(struct cshim_shell *shell) {
    forget_actions(shell);
    posix_spawnattr_destroy(&shell->attributes);
    free(shell);
}

int cshim_shell_start(struct cshim_shell *shell, const char *command, int output, pid_t *pid) {
    if (output != shell->output) {
        forget_actions(shell);
        int code = make_actions(&shell->actions, output);
        if (code) return code;
        shell->output = output;
    }
    char *argv[] = {"sh", "-c", (char *)command, NULL};
    return posix_spawn(pid, "/bin/sh", &shell->actions, &shell->attributes, argv, environ);
}

int cshim_memory_file(void) { return memfd_create("mandos", MFD_CLOEXEC); }

int cshim_run(char *const *argv, int input, int output, int third) {
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions)) return 127;
    pid_t pid;
    int code;
    (void)(  // the first that fails ends the chain with its code
        (code = posix_spawn_file_actions_adddup2(&actions, input, 0)) ||
        (code = posix_spawn_file_actions_adddup2(&actions, output, 1)) ||
        (code = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)) ||
        (code = posix_spawn_file_actions_adddup2(&actions, third, 3)) ||
        (code = posix_spawn_file_actions_addclosefrom_np(&actions, 4)) ||
        (code = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ)));
    posix_spawn_file_actions_destroy(&actions);
    if (code) return 127;
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int cshim_forbid_core_file(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

struct cshim_option_step cshim_getopt_long(int argc, char *const *argv, const char *short_options,
                                           const struct option *long_options) {
    struct cshim_option_step step = {.index = -1};
    opterr = 0;
    step.value = getopt_long(argc, argv, short_options, long_options, &step.index);
    step.argument = optarg;
    step.next = optind;
    step.offender = optopt;
    return step;
}

void cshim_getopt_reset(void) { optind = 0; }

int64_t cshim_thread_cpu_time(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) < 0) return 0;
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}
