// mandos-load PORT MACHINES COUNT CONCURRENCY [spread]
//
// COUNT boots, CONCURRENCY at a time, of the machines in a file that make-machines wrote: each
// connects to 127.0.0.1, sends its line, is the server of a handshake with its raw key, and reads a
// secret up to the goodbye. With "spread" each has an address of its own, as in a rack without a
// router. Served is who got the right secret and a goodbye; how long that took is counted from its
// first packet on.
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support.h"

enum { seconds_max = 60, events_max = 256 };

// One machine that boots.
struct boot {
    const struct machine *machine;
    gnutls_session_t session;  // once connected
    int fd;                    // -1 when it is over
    bool is_secure;
    uint64_t start_ns;
    size_t received;
    uint8_t secret[secret_bytes + 1];
};

struct load {
    int epoll;
    uint16_t port;
    bool is_spread;
    gnutls_priority_t priority;
    struct machine *machines;
    gnutls_certificate_credentials_t *credentials;  // of a machine, once it has booted
    size_t machine_count;
    long count, started, served, failed;
    struct samples latencies;
};

static gnutls_certificate_credentials_t credential(struct load *load, const struct machine *m) {
    gnutls_certificate_credentials_t *place = &load->credentials[m - load->machines];
    if (!*place) *place = machine_credential(m);
    return *place;
}

// Those of the file take turns, evenly spread over it.
static const struct machine *machine_of(const struct load *load, long number) {
    size_t stride = load->machine_count / (size_t)load->count;
    return &load->machines[(size_t)number * (stride ? stride : 1) % load->machine_count];
}

static void start(struct load *load, struct boot *boot);

static void finish(struct load *load, struct boot *boot, const char *problem) {
    uint64_t took = now_ns() - boot->start_ns;
    if (boot->session) gnutls_deinit(boot->session);
    if (boot->fd >= 0) close(boot->fd);
    boot->session = NULL;
    boot->fd = -1;
    if (problem) {
        if (!load->failed++) fprintf(stderr, "first failure: %s\n", problem);
    } else {
        load->served++;
        samples_add(&load->latencies, took);
    }
}

static void want(struct load *load, struct boot *boot, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = boot};
    need(epoll_ctl(load->epoll, operation, boot->fd, &event), "epoll_ctl");
}

static void start(struct load *load, struct boot *boot) {
    while (boot->fd < 0 && load->started < load->count) {
        long number = load->started++;
        boot->machine = machine_of(load, number);
        credential(load, boot->machine);
        boot->received = 0;
        boot->is_secure = false;
        boot->start_ns = now_ns();
        boot->fd = connect_from(load->is_spread ? (uint32_t)number + 1 : 0, load->port);
        if (boot->fd < 0) finish(load, boot, strerror(errno));
        else want(load, boot, EPOLL_CTL_ADD, EPOLLOUT);
    }
}

static void connected(struct load *load, struct boot *boot) {
    const int on = 1;
    setsockopt(boot->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (send(boot->fd, "1\r\n", 3, MSG_NOSIGNAL) != 3) return finish(load, boot, strerror(errno));
    need_tls(gnutls_init(&boot->session, machine_session_flags), "gnutls_init");
    need_tls(gnutls_priority_set(boot->session, load->priority), "gnutls_priority_set");
    need_tls(gnutls_credentials_set(boot->session, GNUTLS_CRD_CERTIFICATE,
                                    credential(load, boot->machine)),
             "gnutls_credentials_set");
    gnutls_handshake_set_timeout(boot->session, 0);
    gnutls_transport_set_int2(boot->session, boot->fd, boot->fd);
    want(load, boot, EPOLL_CTL_MOD, EPOLLIN);
}

static void receive(struct load *load, struct boot *boot) {
    for (;;) {
        size_t room = sizeof boot->secret - boot->received;
        if (!room) return finish(load, boot, "more than the secret was sent");
        ssize_t count = gnutls_record_recv(boot->session, boot->secret + boot->received, room);
        if (count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED) return;
        if (count < 0) return finish(load, boot, gnutls_strerror((int)count));
        if (count == 0) break;
        boot->received += (size_t)count;
    }
    uint8_t expected[secret_bytes];
    machine_secret(boot->machine, expected);
    if (boot->received != secret_bytes || memcmp(boot->secret, expected, secret_bytes))
        return finish(load, boot, "not the secret of this machine");
    gnutls_bye(boot->session, GNUTLS_SHUT_WR);
    finish(load, boot, NULL);
}

// Small flights always fit into the socket's buffer, so only input is ever waited for.
static void advance(struct load *load, struct boot *boot) {
    if (!boot->session) return connected(load, boot);
    if (!boot->is_secure) {
        int code = gnutls_handshake(boot->session);
        if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED) return;
        if (code < 0) return finish(load, boot, gnutls_strerror(code));
        boot->is_secure = true;
    }
    receive(load, boot);
}

static void run(struct load *load, long concurrency) {
    struct boot *boots = calloc((size_t)concurrency, sizeof *boots);
    if (!boots) fail("out of memory");
    uint64_t deadline = now_ns() + (uint64_t)seconds_max * 1000000000;
    for (long index = 0; index < concurrency; index++) {
        boots[index].fd = -1;
        start(load, &boots[index]);
    }
    while (load->served + load->failed < load->count && now_ns() < deadline) {
        struct epoll_event events[events_max];
        int ready = epoll_wait(load->epoll, events, events_max, 1000);
        for (int index = 0; index < ready; index++) {
            struct boot *boot = events[index].data.ptr;
            advance(load, boot);
            start(load, boot);
        }
    }
    free(boots);
}

int main(int count, char **arguments) {
    bool is_spread = count == 6 && !strcmp(arguments[5], "spread");
    if (count != 5 && !is_spread)
        fail("usage: mandos-load PORT MACHINES COUNT CONCURRENCY [spread]");
    struct load load = {
        .epoll = need(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"),
        .port = (uint16_t)number_argument(arguments[1], "PORT", 1, 65535),
        .count = number_argument(arguments[3], "COUNT", 1, 1000000),
        .is_spread = is_spread,
    };
    long concurrency = number_argument(arguments[4], "CONCURRENCY", 1, load.count);
    raise_descriptor_limit();
    load.machines = machines_read(arguments[2], &load.machine_count);
    load.credentials = calloc(load.machine_count, sizeof *load.credentials);
    if (!load.credentials) fail("out of memory");
    // Of what is allowed, the server chooses.
    need_tls(gnutls_priority_init(&load.priority, "NORMAL:+CTYPE-RAWPK", NULL),
             "gnutls_priority_init");
    for (long number = 0; number < load.count && (size_t)number < load.machine_count; number++)
        credential(&load, machine_of(&load, number));  // not while time is taken

    uint64_t start_ns = now_ns();
    run(&load, concurrency);
    uint64_t took = now_ns() - start_ns;
    load.failed = load.count - load.served;  // also those that the deadline found waiting
    printf("count %ld served %ld failed %ld rate %lu p50_us %lu p99_us %lu max_us %lu\n",
           load.count, load.served, load.failed,
           (uint64_t)load.served * 1000000000 / (took ? took : 1),
           samples_percentile(&load.latencies, 50) / 1000,
           samples_percentile(&load.latencies, 99) / 1000,
           samples_percentile(&load.latencies, 100) / 1000);
    return load.failed ? 1 : 0;
}
