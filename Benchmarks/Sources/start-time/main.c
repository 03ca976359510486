// start-time COUNT PORT PROGRAM [ARGUMENT]...
//
// Starts a program COUNT times, one after the other, and prints how long it takes until 127.0.0.1
// accepts connections at PORT; then the program is ended. PORT 0: until it ends by itself.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

enum { seconds_max = 30 };
extern char **environ;

static pid_t spawn_quietly(char **arguments) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    pid_t pid;
    int code = posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ);
    if (code) fail("%s: %s", arguments[0], strerror(code));
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static bool accepts(uint16_t port) {
    struct sockaddr_in address = loopback(port);
    int fd = need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    bool is_connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return is_connected;
}

static void wait_until_ready(pid_t pid, uint16_t port) {
    const struct timespec pause = {.tv_nsec = 20000};
    uint64_t deadline = now_ns() + (uint64_t)seconds_max * 1000000000;
    while (!accepts(port)) {
        if (waitpid(pid, NULL, WNOHANG) == pid) fail("the program ended");
        if (now_ns() > deadline) {
            kill(pid, SIGKILL);
            fail("the program was not ready after %d s", seconds_max);
        }
        nanosleep(&pause, NULL);
    }
}

int main(int count, char **arguments) {
    if (count < 4) fail("usage: start-time COUNT PORT PROGRAM [ARGUMENT]...");
    long repetitions = number_argument(arguments[1], "COUNT", 1, 10000);
    uint16_t port = (uint16_t)number_argument(arguments[2], "PORT", 0, 65535);
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (port && accepts(port)) fail("port %d is taken", port);
    struct samples samples = {0};
    for (long index = 0; index < repetitions; index++) {
        uint64_t start = now_ns();
        pid_t pid = spawn_quietly(arguments + 3);
        if (port) wait_until_ready(pid, port);
        else need(waitpid(pid, NULL, 0), "waitpid");
        samples_add(&samples, now_ns() - start);
        if (!port) continue;
        kill(pid, SIGTERM);
        need(waitpid(pid, NULL, 0), "waitpid");
    }
    printf("count %ld median_us %lu p99_us %lu\n", repetitions,
           samples_percentile(&samples, 50) / 1000, samples_percentile(&samples, 99) / 1000);
}
