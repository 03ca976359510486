// The trace has a line for each operation, after it has been done:
//
//   O HANDLE NAME CREATED    a file is opened; CREATED is 1 if it is new
//   W HANDLE OFFSET COUNT    followed by COUNT bytes
//   T HANDLE SIZE            ftruncate
//   S HANDLE                 fsync, fdatasync
//   F HANDLE                 the same, in vain
//   D                        fsync of the directory
//   R FROM TO                rename
//   U NAME                   unlink
#define _GNU_SOURCE
#include "state_faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { descriptors_max = 1024, directory_handle = -1 };

static struct state_faults faults;
static size_t directory_length;
static long operations;
static int handles;
// 0: not a file of the directory.
static int handle_of[descriptors_max];

void state_faults_begin(const struct state_faults *wanted) {
    faults = *wanted;
    directory_length = strlen(faults.directory);
}

static void put(const void *bytes, size_t count) {
    const char *next = bytes;
    while (faults.trace >= 0 && count > 0) {
        long written = syscall(SYS_write, faults.trace, next, count);
        if (written < 0) _exit(99);
        next += written;
        count -= (size_t)written;
    }
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    put(line, (size_t)count);
}

static void die(void) {
    for (;;) syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

// Whether to go on: kills, or sets errno, when it is time to.
static int may_do(int *is_last) {
    operations++;
    if (operations == faults.kill_at) {
        if (!is_last) die();
        *is_last = 1;
    }
    if (operations >= faults.fail_at && operations < faults.fail_at + faults.fail_count) {
        errno = faults.fail_code;
        return 0;
    }
    return 1;
}

// The name of a file in the directory; NULL for all others.
static const char *name_of(const char *path) {
    if (!faults.directory || strncmp(path, faults.directory, directory_length)) return NULL;
    const char *name = path + directory_length + 1;
    return path[directory_length] == '/' && strcmp(name, "..") ? name : NULL;
}

static int handle(int fd) { return fd >= 0 && fd < descriptors_max ? handle_of[fd] : 0; }

static int open_file(const char *path, int flags, mode_t mode) {
    const char *name = name_of(path);
    int is_directory = faults.directory && !strcmp(path, faults.directory);
    struct stat status;
    int is_new = name && (flags & O_CREAT) && stat(path, &status) < 0;
    if (is_new && !may_do(NULL)) return -1;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd < 0 || fd >= descriptors_max) return fd;
    handle_of[fd] = is_directory ? directory_handle : name ? ++handles : 0;
    if (name) note("O %d %s %d\n", handles, name, is_new);
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_file(path, flags, mode);
}

int close(int fd) {
    if (handle(fd)) handle_of[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    int file = handle(fd), is_last = 0;
    if (!file) return syscall(SYS_pwrite64, fd, bytes, count, offset);
    if (!may_do(&is_last)) return -1;
    if (is_last) count /= 2;
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, count, offset);
    if (written > 0) {
        note("W %d %lld %zd\n", file, (long long)offset, written);
        put(bytes, (size_t)written);
    }
    if (is_last) die();
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return pwrite64(fd, bytes, count, offset);
}

int ftruncate64(int fd, off64_t size) {
    int file = handle(fd);
    if (file && !may_do(NULL)) return -1;
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (file && result == 0) note("T %d %lld\n", file, (long long)size);
    return result;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_file(int fd, long call) {
    int file = handle(fd);
    if (file && !may_do(NULL)) {
        int code = errno;
        if (file > 0) note("F %d\n", file);
        errno = code;
        return -1;
    }
    int result = (int)syscall(call, fd);
    if (file == directory_handle && result == 0) note("D\n");
    if (file > 0 && result == 0) note("S %d\n", file);
    return result;
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

int unlink(const char *path) {
    const char *name = name_of(path);
    struct stat status;
    int is_there = name && stat(path, &status) == 0;
    if (is_there && !may_do(NULL)) return -1;
    int result = (int)syscall(SYS_unlink, path);
    if (name && result == 0) note("U %s\n", name);
    return result;
}

int rename(const char *from, const char *to) {
    const char *old = name_of(from), *new = name_of(to);
    if (old && new && !may_do(NULL)) return -1;
    int result = (int)syscall(SYS_rename, from, to);
    if (old && new && result == 0) note("R %s %s\n", old, new);
    return result;
}
