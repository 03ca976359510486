// idle-crowd PORT OPEN ATTEMPTS [spread]
//
// Peers that connect to 127.0.0.1 and say nothing: OPEN at a time, and whenever one is dropped
// another comes, until there were ATTEMPTS of them. With "spread" each has an address of its own.
// A line is printed once OPEN of them have been started and have arrived as far as the kernel; they
// stay until standard input ends, one minute at most.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support.h"

enum { seconds_max = 60, events_max = 256 };

struct crowd {
    int epoll;
    uint16_t port;
    bool is_spread;
    long open_max, attempts_max;
    long open, attempts, arrived, dropped;
};

// Descriptors stand for themselves: there is nothing else to know about an idle peer.
static void watch(const struct crowd *crowd, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    need(epoll_ctl(crowd->epoll, operation, fd, &event), "epoll_ctl");
}

static void fill(struct crowd *crowd) {
    while (crowd->open < crowd->open_max && crowd->attempts < crowd->attempts_max) {
        uint32_t number = (uint32_t)++crowd->attempts;
        int fd = connect_from(crowd->is_spread ? number : 0, crowd->port);
        if (fd < 0) fail("attempt %ld: %s", crowd->attempts, strerror(errno));
        crowd->open++;
        watch(crowd, EPOLL_CTL_ADD, fd, EPOLLOUT | EPOLLIN);
    }
}

static void handle(struct crowd *crowd, const struct epoll_event *event) {
    if (event->events & EPOLLOUT) crowd->arrived++;
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        close(event->data.fd);
        crowd->open--;
        crowd->dropped++;
    } else {
        watch(crowd, EPOLL_CTL_MOD, event->data.fd, EPOLLIN);
    }
}

static bool input_ended(void) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    char byte;
    return poll(&input, 1, 0) > 0 && read(0, &byte, 1) <= 0;
}

int main(int count, char **arguments) {
    bool is_spread = count == 5 && !strcmp(arguments[4], "spread");
    if (count != 4 && !is_spread) fail("usage: idle-crowd PORT OPEN ATTEMPTS [spread]");
    struct crowd crowd = {
        .epoll = need(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"),
        .port = (uint16_t)number_argument(arguments[1], "PORT", 1, 65535),
        .open_max = number_argument(arguments[2], "OPEN", 1, 60000),
        .attempts_max = number_argument(arguments[3], "ATTEMPTS", 1, 60000),
        .is_spread = is_spread,
    };
    raise_descriptor_limit();
    uint64_t deadline = now_ns() + (uint64_t)seconds_max * 1000000000;
    bool is_announced = false;
    while (!input_ended() && now_ns() < deadline) {
        fill(&crowd);
        struct epoll_event events[events_max];
        int ready = epoll_wait(crowd.epoll, events, events_max, 20);
        for (int index = 0; index < ready; index++) handle(&crowd, &events[index]);
        if (is_announced || crowd.arrived < crowd.open_max) continue;
        is_announced = true;
        printf("here\n");
        fflush(stdout);
    }
    printf("attempts %ld arrived %ld dropped %ld open %ld\n", crowd.attempts, crowd.arrived,
           crowd.dropped, crowd.open);
}
