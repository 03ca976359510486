// The way to programs that can only be connected to, such as gnutls-serv and openssl s_server.
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int connect_to(const struct sockaddr_storage *address, socklen_t size) {
    int descriptor = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)address, size) < 0)
        fail("connect: %s", strerror(errno));
    return descriptor;
}

static void send_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = send(descriptor, bytes, size, MSG_NOSIGNAL);
        if (count < 0) return; // the other end is gone: reading from it says so, too
        bytes += count;
        size -= (size_t)count;
    }
}

void relay_run(const struct options *options) {
    struct pollfd ends[2] = {
        {.fd = connect_to(&options->server, options->server_size), .events = POLLIN},
        {.fd = connect_to(&options->relay, options->relay_size), .events = POLLIN},
    };
    unsigned long long bytes[2] = {0, 0};
    int64_t deadline = now_milliseconds() + options->seconds_max * 1000;
    send_all(ends[0].fd, options->line, options->line_size);
    while (ends[0].fd >= 0) {
        int64_t left = deadline - now_milliseconds();
        if (left <= 0 || poll(ends, 2, (int)left) <= 0) break;
        for (int from = 0; from < 2; from++) {
            char buffer[16384];
            if (ends[from].revents == 0) continue;
            ssize_t count = recv(ends[from].fd, buffer, sizeof buffer, 0);
            if (count <= 0) {
                shutdown(ends[1 - from].fd, SHUT_WR);
                ends[from].fd = -1;
                continue;
            }
            bytes[from] += (unsigned long long)count;
            send_all(ends[1 - from].fd, buffer, (size_t)count);
        }
    }
    printf("relayed from-server=%llu to-server=%llu end=%s\n", bytes[0], bytes[1],
           ends[0].fd < 0 ? "server" : "timeout");
}
