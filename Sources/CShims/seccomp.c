// The filter of cshim_allow_reading_only(): seccomp(2), bpf(4).
#define _GNU_SOURCE
#include "shims_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
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

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LOAD_NUMBER LOAD(offsetof(struct seccomp_data, nr))
#define LOAD_ARGUMENT(index) LOAD(offsetof(struct seccomp_data, args[index]) + LOWER_HALF)
#define IF_NOT_SKIP(number, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, (count))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define FAIL(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define REFUSE(name) IF_NOT_SKIP(SYS_##name, 1), FAIL(EPERM)

// Whatever else stands in the flags, a file is opened for reading only and is not made.
#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define READ_ONLY(name, flags)                                                             \
    IF_NOT_SKIP(SYS_##name, 4), LOAD_ARGUMENT(flags),                                      \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, WRITING, 0, 1), FAIL(EPERM), ALLOW

int cshim_allow_reading_only(void) {
    static struct sock_filter filter[] = {
        LOAD(offsetof(struct seccomp_data, arch)),
        IF_NOT_SKIP(OUR_ARCHITECTURE, 1),
        BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD_NUMBER,
#ifdef __x86_64__  // the numbers of the x32 ABI
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        FAIL(EPERM),
#endif
        // Programs and processes, also those of others.
        REFUSE(execve), REFUSE(execveat), REFUSE(clone), REFUSE(ptrace), REFUSE(kill),
        REFUSE(process_vm_readv), REFUSE(process_vm_writev), REFUSE(unshare), REFUSE(setns),
#ifdef SYS_fork
        REFUSE(fork), REFUSE(vfork),
#endif
#ifdef SYS_clone3
        IF_NOT_SKIP(SYS_clone3, 1), FAIL(ENOSYS),  // so that clone is tried instead
#endif
#ifdef SYS_pidfd_getfd
        REFUSE(pidfd_getfd), REFUSE(pidfd_send_signal),
#endif
        // Ways around this filter, or around permissions of directories.
#ifdef SYS_io_uring_setup
        REFUSE(io_uring_setup), REFUSE(io_uring_enter), REFUSE(io_uring_register),
#endif
#ifdef SYS_openat2
        IF_NOT_SKIP(SYS_openat2, 1), FAIL(ENOSYS),  // its flags are out of sight
#endif
        REFUSE(open_by_handle_at), REFUSE(name_to_handle_at), REFUSE(bpf), REFUSE(perf_event_open),
        REFUSE(userfaultfd), REFUSE(keyctl), REFUSE(add_key), REFUSE(request_key), REFUSE(mount),
        REFUSE(umount2), REFUSE(pivot_root), REFUSE(chroot), REFUSE(init_module),
        REFUSE(finit_module), REFUSE(delete_module), REFUSE(reboot), REFUSE(syslog),
        // Files.
        REFUSE(truncate), REFUSE(fallocate), REFUSE(fchmod), REFUSE(fchmodat), REFUSE(fchown),
        REFUSE(fchownat), REFUSE(linkat), REFUSE(symlinkat), REFUSE(unlinkat), REFUSE(renameat2),
        REFUSE(mkdirat), REFUSE(mknodat), REFUSE(utimensat), REFUSE(setxattr), REFUSE(lsetxattr),
        REFUSE(fsetxattr), REFUSE(removexattr), REFUSE(lremovexattr), REFUSE(fremovexattr),
#ifdef SYS_renameat
        REFUSE(renameat),
#endif
#ifdef SYS_unlink  // an architecture with the calls of old
        REFUSE(unlink), REFUSE(rmdir), REFUSE(rename), REFUSE(link), REFUSE(symlink), REFUSE(mkdir),
        REFUSE(mknod), REFUSE(chmod), REFUSE(chown), REFUSE(lchown), REFUSE(creat), REFUSE(utimes),
        READ_ONLY(open, 1),
#endif
#ifdef SYS_utime
        REFUSE(utime),
#endif
#ifdef SYS_truncate64  // and with those of 32 bits
        REFUSE(truncate64), REFUSE(chown32), REFUSE(fchown32), REFUSE(lchown32),
#endif
        READ_ONLY(openat, 2),
        // Only sockets that lead to other processes of this machine, such as nscd(8).
#ifdef SYS_socketcall
        REFUSE(socketcall),
#endif
        IF_NOT_SKIP(SYS_socket, 4), LOAD_ARGUMENT(0), IF_NOT_SKIP(AF_UNIX, 1), ALLOW, FAIL(EPERM),
        ALLOW,
    };
    struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

#else

int cshim_allow_reading_only(void) {
    errno = ENOSYS;
    return -1;
}

#endif
