#define _GNU_SOURCE
#include "shims_process.h"

#include "shims_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

pid_t cshim_fork(void) { return fork(); }


int cshim_socket_pair(int *near, int *far) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    *near = ends[0];
    *far = ends[1];
    return cshim_set_nonblocking(ends[0]);
}

int cshim_keep_only(int fd) {
    if (fd != 0 && dup2(fd, 0) < 0) return -1;
    if (fcntl(0, F_SETFD, FD_CLOEXEC) < 0) return -1;
    closefrom(1);
    return 0;
}

void cshim_close_others(int kept) {
    if (kept < 3) return closefrom(3);
    if (kept > 3) (void)close_range(3, (unsigned)kept - 1, 0);
    if (kept < INT_MAX) closefrom(kept + 1);
}

void cshim_reset_signals(void) {
    for (int number = 1; number <= SIGRTMAX; number++)
        signal(number, number == SIGPIPE ? SIG_IGN : SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void cshim_block_endings(void) {
    sigset_t endings;
    sigemptyset(&endings);
    sigaddset(&endings, SIGTERM);
    sigaddset(&endings, SIGINT);
    sigaddset(&endings, SIGHUP);
    sigprocmask(SIG_SETMASK, &endings, NULL);
}

void cshim_get_users(uid_t *ids) { (void)getresuid(&ids[0], &ids[1], &ids[2]); }
void cshim_get_groups(gid_t *ids) { (void)getresgid(&ids[0], &ids[1], &ids[2]); }

int cshim_set_users(uid_t real, uid_t effective, uid_t saved) {
    return setresuid(real, effective, saved);
}

int cshim_set_groups(gid_t real, gid_t effective, gid_t saved) {
    return setresgid(real, effective, saved);
}

int cshim_get_capabilities(struct cshim_capabilities *sets) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) < 0) return -1;
    sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    sets->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    return 0;
}

int cshim_set_capabilities(struct cshim_capabilities sets) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)sets.effective, (uint32_t)sets.permitted, (uint32_t)sets.inheritable},
        {(uint32_t)(sets.effective >> 32), (uint32_t)(sets.permitted >> 32),
         (uint32_t)(sets.inheritable >> 32)}};
    return (int)syscall(SYS_capset, &header, data);
}

int cshim_clear_bounding_set(void) {
    for (unsigned long number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++)
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return -1;
    return 0;
}

void cshim_clear_ambient_set(void) { (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

uint64_t cshim_get_ambient_set(void) {
    uint64_t mask = 0;
    for (unsigned long number = 0; number < 64; number++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1)
            mask |= (uint64_t)1 << number;
    return mask;
}

int cshim_raise_ambient_set(uint64_t mask) {
    for (unsigned long number = 0; number < 64; number++)
        if (mask >> number & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0)
            return -1;
    return 0;
}

int cshim_keep_capabilities(void) { return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); }
int cshim_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
int cshim_end_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

int cshim_find_at(int directory, const char *name) {
    return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

#define READING (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int cshim_open_at(int directory, const char *name) { return openat(directory, name, READING); }

int cshim_open_directory_at(int directory, const char *name) {
    return openat(directory, name, READING | O_DIRECTORY);
}

ssize_t cshim_read_link(int link, char *text, size_t room) {
    return readlinkat(link, "", text, room);
}

int cshim_is_made_by_kernel(int fd) {
    struct statfs found;
    if (fstatfs(fd, &found) < 0) return -1;
    switch ((unsigned)found.f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case 0x62656570:  // configfs
        return 1;
    default: return 0;
    }
}
