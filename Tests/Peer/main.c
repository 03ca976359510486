// Many connections in one thread, one epoll loop.
#include "hostile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum { milliseconds_between_paces = 20, events_max = 4096 };

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("mandos-test-peer: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void raise_descriptor_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct tally {
    long going, stopped;
};

static struct tally tally(const struct connection *connections, long count) {
    struct tally result = {0, 0};
    for (long i = 0; i < count; i++) {
        if (connections[i].descriptor < 0) continue;
        if (connections[i].is_stopped) result.stopped++;
        else result.going++;
    }
    return result;
}

static int wait_milliseconds(const struct options *options, int64_t deadline) {
    int64_t left = deadline - now_milliseconds();
    if (options->bytes_per_second > 0 && left > milliseconds_between_paces)
        return milliseconds_between_paces;
    return left > 0 ? (int)left : 0;
}

static void run(const struct options *options, struct connection *connections, int epoll) {
    int64_t deadline = now_milliseconds() + options->seconds_max * 1000;
    bool has_told = options->stop_at == NEVER;
    while (now_milliseconds() < deadline) {
        struct tally now = tally(connections, options->count);
        if (now.going == 0 && !has_told) {
            printf("stopped %ld\n", now.stopped);
            fflush(stdout);
            has_told = true;
        }
        if (now.going + now.stopped == 0) return;
        static struct epoll_event ready[events_max];
        int count = epoll_wait(epoll, ready, events_max, wait_milliseconds(options, deadline));
        if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
        // Each machine would send its line at once, whatever handshakes the others are at.
        bool was_new[events_max];
        for (int i = 0; i < count; i++) {
            was_new[i] = connection_is_new(ready[i].data.ptr);
            if (was_new[i]) connection_advance(ready[i].data.ptr);
        }
        for (int i = 0; i < count; i++)
            if (!was_new[i]) connection_advance(ready[i].data.ptr);
        if (options->bytes_per_second > 0)
            for (long i = 0; i < options->count; i++) connection_resume(&connections[i]);
    }
    for (long i = 0; i < options->count; i++) connection_end(&connections[i], "late", "");
}

int main(int argc, char **argv) {
    struct options options = options_parse(argc, argv);
    if (options.relay_size > 0) {
        relay_run(&options);
        return 0;
    }
    raise_descriptor_limit();
    if (options.hostile != NULL) {
        hostile_run(&options);
        return 0;
    }
    struct identity identity = identity_load(&options);
    struct connection *connections = calloc((size_t)options.count, sizeof *connections);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (connections == NULL || epoll < 0) fail("%s", strerror(errno));
    for (long i = 0; i < options.count; i++) {
        connections[i].options = &options;
        connections[i].identity = &identity;
        connections[i].epoll = epoll;
        connection_start(&connections[i], i);
    }
    run(&options, connections, epoll);
    return 0;
}
