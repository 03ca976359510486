#include "include/hostile_attack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostile.h"

const char *hostile_attack_kind(int index, const char **description) {
    *description = hostile_kinds[index].description;
    return hostile_kinds[index].name;
}

static void discard_output(void) {
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0) fail("/dev/null: cannot be used");
}

// As if it had been called with these options.
static void play(const struct hostile_attack *attack) {
    char count[24], sources[24], seconds[24];
    snprintf(count, sizeof count, "%ld", attack->count);
    snprintf(sources, sizeof sources, "%ld", attack->sources);
    snprintf(seconds, sizeof seconds, "%ld", attack->seconds);
    char *arguments[] = {
        "mandos-test-peer", "--connect", (char *)attack->target,   "--hostile",
        (char *)attack->kind, "--key",   (char *)attack->key_file, "--count",
        count,              "--sources", sources,                  "--timeout",
        seconds,            "--again",   NULL,
    };
    struct options options =
        options_parse((int)(sizeof arguments / sizeof *arguments) - 1, arguments);
    raise_descriptor_limit();
    hostile_run(&options);
}

pid_t hostile_attack_start(const struct hostile_attack *attack) {
    pid_t parent = getpid(), process = fork();
    if (process < 0) fail("fork: %s", strerror(errno));
    if (process > 0) return process;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1); // it has ended meanwhile
    discard_output();
    // What an honest machine computes for its own handshake should not wait for attackers.
    nice(10);
    play(attack);
    _exit(0);
}

void hostile_attack_end(pid_t process) {
    kill(process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) continue;
}
