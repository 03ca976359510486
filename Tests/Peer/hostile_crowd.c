// Many connections that come to a certain point and stall there, in one thread and one epoll loop: a
// thread for each would cost the attacker more than the server.
#include "hostile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { events_max = 1024 };

struct staller {
    int descriptor;
    bool has_sent;
};

struct crowd {
    const struct options *options;
    int epoll;
    long opened, ended;
};

static void start(struct crowd *crowd, struct staller *self, long number) {
    const struct options *options = crowd->options;
    self->has_sent = false;
    self->descriptor =
        socket(options->server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->descriptor < 0) return; // tried again with the next round
    connection_choose_source(self->descriptor, options, number);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = self};
    int code = connect(self->descriptor, (const struct sockaddr *)&options->server,
                       options->server_size);
    if ((code < 0 && errno != EINPROGRESS) ||
        epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, self->descriptor, &event) < 0) {
        close(self->descriptor);
        self->descriptor = -1;
        return;
    }
    crowd->opened++;
}

static void end(struct crowd *crowd, struct staller *self) {
    close(self->descriptor);
    self->descriptor = -1;
    crowd->ended++;
}

static void advance(struct crowd *crowd, struct staller *self, bool sends_line) {
    const struct options *options = crowd->options;
    if (!self->has_sent) {
        self->has_sent = true;
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = self};
        epoll_ctl(crowd->epoll, EPOLL_CTL_MOD, self->descriptor, &event);
        if (sends_line && send(self->descriptor, options->line, options->line_size,
                               MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            end(crowd, self);
        return;
    }
    char buffer[4096];
    ssize_t count = recv(self->descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) end(crowd, self);
}

static void run(const struct options *options, bool sends_line) {
    struct crowd crowd = {.options = options, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct staller *stallers = calloc((size_t)options->count, sizeof *stallers);
    static struct epoll_event ready[events_max];
    if (stallers == NULL || crowd.epoll < 0) fail("no memory, or no descriptor");
    for (long i = 0; i < options->count; i++) start(&crowd, &stallers[i], i);
    int64_t deadline = now_milliseconds() + options->seconds_max * 1000;
    while (now_milliseconds() < deadline) {
        int count = epoll_wait(crowd.epoll, ready, events_max, 20);
        for (int i = 0; i < count; i++) advance(&crowd, ready[i].data.ptr, sends_line);
        if (!options->is_repeating) continue;
        for (long i = 0; i < options->count; i++)
            if (stallers[i].descriptor < 0) start(&crowd, &stallers[i], i);
    }
    printf("hostile=%s opened=%ld ended=%ld\n", options->hostile->name, crowd.opened, crowd.ended);
}

void hostile_connect_stall(const struct options *options) { run(options, false); }

void hostile_line_stall(const struct options *options) { run(options, true); }

void hostile_many_sources(const struct options *options) {
    struct options many = *options;
    if (many.sources < 2) many.sources = many.count;
    run(&many, true);
}
