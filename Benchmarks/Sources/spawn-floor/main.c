// spawn-floor COUNT COMMAND [MILLISECONDS]
//
// What a check costs a server at least: `sh -c COMMAND` started by posix_spawn(3) as the server starts
// it, in a process group of its own, known by a pidfd, and waited for. Prints the CPU time of this
// process for each, and that of the children. With MILLISECONDS it sleeps for so long in between, as a
// server does, after which less is left of it in the caches of the processor.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

extern char **environ;

static void set_up(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(actions);
    posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
}

static void check(char *command, const posix_spawnattr_t *attributes,
                  const posix_spawn_file_actions_t *actions) {
    char *arguments[] = {"sh", "-c", command, NULL};
    pid_t pid;
    int code = posix_spawn(&pid, "/bin/sh", actions, attributes, arguments, environ);
    if (code) fail("/bin/sh: %s", strerror(code));
    struct pollfd ended = {.fd = need((int)syscall(SYS_pidfd_open, pid, 0), "pidfd_open"),
                           .events = POLLIN};
    need(poll(&ended, 1, -1), "poll");
    siginfo_t status;
    need(waitid(P_PIDFD, (id_t)ended.fd, &status, WEXITED), "waitid");
    close(ended.fd);
}

int main(int count, char **arguments) {
    if (count != 3 && count != 4) fail("usage: spawn-floor COUNT COMMAND [MILLISECONDS]");
    long repetitions = number_argument(arguments[1], "COUNT", 1, 1000000);
    long pause = count == 4 ? number_argument(arguments[3], "MILLISECONDS", 0, 60000) : 0;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    set_up(&attributes, &actions);
    uint64_t start = thread_cpu_ns();
    for (long index = 0; index < repetitions; index++) {
        if (pause) pause_ms((unsigned)pause);
        check(arguments[2], &attributes, &actions);
    }
    uint64_t own = (thread_cpu_ns() - start) / (uint64_t)repetitions;
    struct rusage children;
    need(getrusage(RUSAGE_CHILDREN, &children), "getrusage");
    uint64_t theirs = (uint64_t)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000 +
                      (uint64_t)(children.ru_utime.tv_usec + children.ru_stime.tv_usec);
    printf("count %ld own_ns %lu children_ns %lu\n", repetitions, own,
           theirs * 1000 / (uint64_t)repetitions);
}
