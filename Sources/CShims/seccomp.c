// The filter of cshim_allow_reading_only(): seccomp(2), bpf(4).
//
// It lists what is permitted. A call that is not listed fails with EPERM, also one that the kernel
// learns next year.
#define _GNU_SOURCE
#include "shims_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define OUR_ARCHITECTURE AUDIT_ARCH_ARM
#elif defined(__i386__)
#define OUR_ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#ifdef OUR_ARCHITECTURE

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOWER_HALF 0
#else
#define LOWER_HALF 4
#endif

// Permitted with any arguments. Descriptors are the socket that leads to the server, files that
// were opened for reading, and sockets of this machine: what can be opened is checked below.
static const int permitted[] = {
    // Files.
    SYS_read, SYS_pread64, SYS_readv, SYS_close, SYS_lseek, SYS_fstat, SYS_fstatfs, SYS_getdents64,
    SYS_readlinkat, SYS_faccessat, SYS_getcwd,
#ifdef SYS_newfstatat
    SYS_newfstatat,
#endif
#ifdef SYS_statx
    SYS_statx,
#endif
#ifdef SYS_stat  // an architecture with the calls of old
    SYS_stat, SYS_lstat, SYS_access, SYS_readlink,
#endif
#ifdef SYS_fstat64  // and with those of 32 bits
    SYS_fstat64, SYS_fstatat64, SYS_fstatfs64, SYS__llseek,
#endif
    // The server, and processes of this machine that know the users, such as nscd(8).
    SYS_write, SYS_writev, SYS_connect, SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_recvmsg,
    SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_ppoll,
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_timerfd_create, SYS_timerfd_settime,
#ifdef SYS_send
    SYS_send, SYS_recv,
#endif
#ifdef SYS_poll
    SYS_poll, SYS_epoll_wait,
#endif
#ifdef SYS_ppoll_time64
    SYS_ppoll_time64, SYS_timerfd_settime64,
#endif
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
    // Memory.
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,
    // The C library by itself.
    SYS_futex, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_restart_syscall,
    SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_uname, SYS_exit, SYS_exit_group,
#ifdef SYS_time
    SYS_time,
#endif
#ifdef SYS_sigreturn
    SYS_sigreturn,
#endif
#ifdef SYS_clock_gettime64
    SYS_clock_gettime64, SYS_futex_time64,
#endif
    // Its own names and rights.
    SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
    SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_capget,
#ifdef SYS_getuid32
    SYS_getuid32, SYS_geteuid32, SYS_getgid32, SYS_getegid32, SYS_getresuid32, SYS_getresgid32,
    SYS_getgroups32,
#endif
};

// Newer calls, instead of which the C library tries one that is listed.
static const int unknown[] = {
#ifdef SYS_clone3
    SYS_clone3,
#endif
#ifdef SYS_openat2
    SYS_openat2,  // its flags are out of sight
#endif
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct program {
    unsigned short count;
    // Two for each plain call; less than ten for each of the others.
    struct sock_filter steps[2 * (COUNT(permitted) + COUNT(unknown)) + 128];
};

static void add(struct program *to, struct sock_filter step) { to->steps[to->count++] = step; }

static void load(struct program *to, unsigned offset) {
    add(to, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void answer(struct program *to, unsigned verdict) {
    add(to, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

// Skips `count` steps unless what was loaded is `value`.
static void unless_equal_skip(struct program *to, unsigned value, unsigned char count) {
    add(to, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count));
}

static void load_argument(struct program *to, unsigned index) {
    load(to, (unsigned)(offsetof(struct seccomp_data, args) + 8 * index + LOWER_HALF));
}

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

// The call is refused if any of the `bits` is set in that argument, and permitted otherwise.
static void permit_without(struct program *to, int call, unsigned index, unsigned bits) {
    unless_equal_skip(to, (unsigned)call, 4);
    load_argument(to, index);
    add(to, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
    answer(to, REFUSED);
    answer(to, SECCOMP_RET_ALLOW);
}

// The call is permitted if that argument, as far as `mask` goes, is not all of `mask`.
static void permit_unless_all(struct program *to, int call, unsigned index, unsigned mask) {
    unless_equal_skip(to, (unsigned)call, 5);
    load_argument(to, index);
    add(to, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
    unless_equal_skip(to, mask, 1);
    answer(to, REFUSED);
    answer(to, SECCOMP_RET_ALLOW);
}

// The call is permitted if that argument is one of the values.
static void permit_with(struct program *to, int call, unsigned index, const unsigned *values,
                        unsigned char count) {
    unless_equal_skip(to, (unsigned)call, (unsigned char)(2 + 2 * count));
    load_argument(to, index);
    for (unsigned char each = 0; each < count; each++) {
        unless_equal_skip(to, values[each], 1);
        answer(to, SECCOMP_RET_ALLOW);
    }
    answer(to, REFUSED);
}

static void permit(struct program *to, int call) {
    unless_equal_skip(to, (unsigned)call, 1);
    answer(to, SECCOMP_RET_ALLOW);
}

// Only the calls of our own architecture, which are the ones that are listed here.
static void check_architecture(struct program *to) {
    load(to, offsetof(struct seccomp_data, arch));
    add(to, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0));
    answer(to, SECCOMP_RET_KILL_PROCESS);
}

// With any other flags, a file is opened for reading only and is not made.
#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static void check_arguments(struct program *to) {
    static const unsigned families[] = {AF_UNIX};
    static const unsigned commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC};
    permit_without(to, SYS_openat, 2, WRITING);
#ifdef SYS_open
    permit_without(to, SYS_open, 1, WRITING);
#endif
    permit_with(to, SYS_socket, 0, families, COUNT(families));
    permit_with(to, SYS_fcntl, 1, commands, COUNT(commands));
#ifdef SYS_fcntl64
    permit_with(to, SYS_fcntl64, 1, commands, COUNT(commands));
#endif
    // No code that was written here is run. Libraries that know users may be loaded.
#ifdef SYS_mmap
    permit_unless_all(to, SYS_mmap, 2, PROT_WRITE | PROT_EXEC);
#endif
#ifdef SYS_mmap2
    permit_unless_all(to, SYS_mmap2, 2, PROT_WRITE | PROT_EXEC);
#endif
    permit_without(to, SYS_mprotect, 2, PROT_EXEC);
}

static void check_rights(struct program *to, int may_change_user) {
    if (!may_change_user) return permit(to, SYS_capset);
    permit(to, SYS_setresuid);
#ifdef SYS_setresuid32
    permit(to, SYS_setresuid32);
#endif
}

int cshim_allow_reading_only(int may_change_user) {
    static struct program all;
    all.count = 0;
    check_architecture(&all);
    load(&all, offsetof(struct seccomp_data, nr));
    for (size_t each = 0; each < COUNT(permitted); each++) permit(&all, permitted[each]);
    for (size_t each = 0; each < COUNT(unknown); each++) {
        unless_equal_skip(&all, (unsigned)unknown[each], 1);
        answer(&all, SECCOMP_RET_ERRNO | ENOSYS);
    }
    check_rights(&all, may_change_user);
    check_arguments(&all);
    answer(&all, REFUSED);
    struct sock_fprog program = {.len = all.count, .filter = all.steps};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

#else

int cshim_allow_reading_only(int may_change_user) {
    (void)may_change_user;
    errno = ENOSYS;
    return -1;
}

#endif
