#include "peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "peer.h"

enum { events_max = 512, sweep_ns = 20 * 1000 * 1000 };

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) fail("out of memory");
    return memory;
}

struct peers *peers_create(const struct peers_settings *settings) {
    struct peers *peers = allocate(1, sizeof *peers);
    peers->settings = *settings;
    peers->epoll = need(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    // Of what is allowed, the server chooses.
    need_tls(gnutls_priority_init(&peers->priority, "NORMAL:+CTYPE-RAWPK", NULL),
             "gnutls_priority_init");
    peers->places = allocate(settings->open_max, sizeof *peers->places);
    peers->free_places = allocate(settings->open_max, sizeof *peers->free_places);
    peers->results = allocate(settings->open_max, sizeof *peers->results);
    for (size_t index = 0; index < settings->open_max; index++) {
        peers->places[index].fd = -1;
        peers->free_places[index] = (uint32_t)(settings->open_max - 1 - index);
    }
    peers->free_count = settings->open_max;
    peers->random = settings->seed | 1;
    raise_descriptor_limit();
    return peers;
}

void peers_dismiss(struct peers *peers) {
    for (size_t index = 0; index < peers->settings.open_max; index++) {
        struct peer *peer = &peers->places[index];
        if (peer->fd >= 0) peer_end(peer, peer_stays(peer->kind) ? OUTCOME_LEFT : OUTCOME_LATE, NULL);
    }
}

void peers_destroy(struct peers *peers) {
    peers_dismiss(peers);
    for (size_t index = 0; index < peers->machine_count; index++)
        gnutls_certificate_free_credentials(peers->credentials[index]);
    gnutls_priority_deinit(peers->priority);
    close(peers->epoll);
    free(peers->places);
    free(peers->free_places);
    free(peers->results);
    free(peers->machines);
    free(peers->credentials);
    free(peers);
}

static void *grow(void *memory, size_t count, size_t size) {
    memory = realloc(memory, count * size);
    if (!memory) fail("out of memory");
    return memory;
}

size_t peers_add(struct peers *peers, const struct machine *machine) {
    if (peers->machine_count == peers->machine_room) {
        peers->machine_room = peers->machine_room ? 2 * peers->machine_room : 64;
        peers->machines = grow(peers->machines, peers->machine_room, sizeof *peers->machines);
        peers->credentials =
            grow(peers->credentials, peers->machine_room, sizeof *peers->credentials);
    }
    peers->machines[peers->machine_count] = *machine;
    peers->credentials[peers->machine_count] = machine_credential(machine);
    return peers->machine_count++;
}

// xorshift64: any bytes will do, if they are the same for the same seed.
uint64_t peers_random(struct peers *peers) {
    peers->random ^= peers->random << 13;
    peers->random ^= peers->random >> 7;
    peers->random ^= peers->random << 17;
    return peers->random >> 24;
}

static void add_result(struct peers *peers, const struct peer_result *result) {
    size_t place = (peers->result_start + peers->result_count++) % peers->settings.open_max;
    peers->results[place] = *result;
}

void peers_forget(struct peer *peer, enum peer_outcome outcome, const char *problem) {
    struct peers *peers = peer->peers;
    if (peer->stage != STAGE_CONNECTING) peers->connected--;
    add_result(peers, &(struct peer_result){.number = peer->number,
                                            .kind = peer->kind,
                                            .outcome = outcome,
                                            .started_ns = peer->started_ns,
                                            .ended_ns = now_ns(),
                                            .problem = problem});
    peer->fd = -1;
    peer->session = NULL;
    peers->free_places[peers->free_count++] = (uint32_t)(peer - peers->places);
}

static uint64_t allowance_ns(const struct peers_settings *settings, enum peer_kind kind) {
    return peer_stays(kind) ? settings->hold_ns : settings->attempt_ns;
}

static struct peer *take_place(struct peers *peers) {
    // A result may have to wait in the ring, which has a place for each peer.
    if (!peers->free_count || peers->result_count >= peers->free_count) return NULL;
    struct peer *peer = &peers->places[peers->free_places[--peers->free_count]];
    memset(peer, 0, offsetof(struct peer, input));
    peer->input_start = peer->input_end = 0;
    peer->output = NULL;
    peer->output_start = peer->output_end = 0;
    peer->peers = peers;
    return peer;
}

bool peers_start(struct peers *peers, enum peer_kind kind, size_t machine, uint64_t number) {
    struct peer *peer = take_place(peers);
    if (!peer) return false;
    peer->kind = kind;
    peer->number = number;
    if (peers->machine_count) {
        peer->machine = &peers->machines[machine];
        peer->credential = peers->credentials[machine];
    }
    peer->started_ns = now_ns();
    peer->deadline_ns = peer->started_ns + allowance_ns(&peers->settings, kind);
    peer->limit = kind == PEER_SLOW ? 0 : SIZE_MAX;
    peer->fd = transport_connect(&peers->settings, number);
    if (peer->fd < 0) peer_end(peer, OUTCOME_REFUSED, strerror(errno));
    else transport_want(peer, EPOLLOUT);
    return true;
}

static void sweep(struct peers *peers) {
    uint64_t now = now_ns();
    if (now - peers->swept_ns < sweep_ns) return;
    if (!peers->swept_ns) peers->swept_ns = now - sweep_ns;
    for (size_t index = 0; index < peers->settings.open_max; index++)
        if (peers->places[index].fd >= 0) peer_sweep(&peers->places[index], now);
    peers->swept_ns = now;
}

void peers_turn(struct peers *peers, int milliseconds) {
    struct epoll_event events[events_max];
    int most = sweep_ns / 1000000;
    int count = epoll_wait(peers->epoll, events, events_max,
                           milliseconds < most ? milliseconds : most);
    // A machine sends its line as soon as it may, whatever handshakes the others are at.
    for (int index = 0; index < count; index++) {
        struct peer *peer = events[index].data.ptr;
        if (peer->stage != STAGE_CONNECTING) continue;
        peer_advance(peer, events[index].events);
        events[index].events = 0;
    }
    for (int index = 0; index < count; index++)
        if (events[index].events) peer_advance(events[index].data.ptr, events[index].events);
    sweep(peers);
}

bool peers_take(struct peers *peers, struct peer_result *result) {
    if (!peers->result_count) return false;
    *result = peers->results[peers->result_start];
    peers->result_start = (peers->result_start + 1) % peers->settings.open_max;
    peers->result_count--;
    return true;
}

size_t peers_open(const struct peers *peers) {
    return peers->settings.open_max - peers->free_count;
}

size_t peers_connected(const struct peers *peers) { return peers->connected; }
