// What Swift cannot say of processes and their rights: fork(2), which Swift hides, capabilities,
// seccomp, and functions that glibc declares for _GNU_SOURCE only. See shims_linux.h.
#ifndef CSHIMS_PROCESS_H
#define CSHIMS_PROCESS_H

#include <dirent.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

// fork(2). Only for a process with one thread.
pid_t cshim_fork(void);

// A connected pair of stream sockets: unix(7), with SOCK_CLOEXEC, `near` with SOCK_NONBLOCK too.
int cshim_socket_pair(int *_Nonnull near, int *_Nonnull far);

// Makes `fd` descriptor 0 and closes all others.
int cshim_keep_only(int fd);

// Closes all from 3 on but `kept`, which may be anything.
void cshim_close_others(int kept);

// Every signal back to its default, but for SIGPIPE, which is ignored from now on; none blocked.
void cshim_reset_signals(void);

// What SIGTERM, SIGINT or SIGHUP ask of a whole group is not for this process.
void cshim_block_endings(void);

// getresuid(2), getresgid(2): real, effective and saved.
void cshim_get_users(uid_t *_Nonnull ids);
void cshim_get_groups(gid_t *_Nonnull ids);
// setresuid(2), setresgid(2)
int cshim_set_users(uid_t real, uid_t effective, uid_t saved);
int cshim_set_groups(gid_t real, gid_t effective, gid_t saved);

// capget(2) and capset(2), each set as a mask with bit N for capability N.
struct cshim_capabilities {
    uint64_t effective, permitted, inheritable;
};
int cshim_get_capabilities(struct cshim_capabilities *_Nonnull sets);
int cshim_set_capabilities(struct cshim_capabilities sets);
// The bounding set can only be cleared with CAP_SETPCAP, the ambient set always.
int cshim_clear_bounding_set(void);
void cshim_clear_ambient_set(void);
uint64_t cshim_get_ambient_set(void);
// Adds to it what is in `mask`, which has to be permitted and inheritable.
int cshim_raise_ambient_set(uint64_t mask);

// prctl(2): PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG.
int cshim_keep_capabilities(void);
int cshim_forbid_new_privileges(void);
int cshim_end_with_parent(int signal);

// From now on only what reading files takes is permitted, and to speak with processes of this machine;
// all else fails with EPERM: seccomp(2). What may be changed is the set of capabilities or, if
// `may_change_user`, the user instead. Needs cshim_forbid_new_privileges(). ENOSYS where the kind of
// processor is not known here.
int cshim_allow_reading_only(int may_change_user);

// openat(2) with O_PATH, O_NOFOLLOW and O_CLOEXEC: finds out what `name` is, and opens nothing.
int cshim_find_at(int directory, const char *_Nonnull name);
// openat(2), for reading, with O_NOFOLLOW, O_NONBLOCK, O_NOCTTY and O_CLOEXEC, and O_DIRECTORY too.
int cshim_open_at(int directory, const char *_Nonnull name);
int cshim_open_directory_at(int directory, const char *_Nonnull name);
// readlinkat(2) of a link that cshim_find_at() found. Not ended by a zero byte.
ssize_t cshim_read_link(int link, char *_Nonnull text, size_t room);
// 1 if the file is made up by the kernel, as those in /proc and /sys are; -1 for an error: fstatfs(2).
int cshim_is_made_by_kernel(int fd);

#endif
