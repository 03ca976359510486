// One peer, for the sources of this target only.
#ifndef PEER_H
#define PEER_H

#include "peers.h"

enum { input_max = 2048, output_max = 24 * 1024 };

enum stage { STAGE_CONNECTING, STAGE_CONNECTED, STAGE_HANDSHAKE, STAGE_SECRET, STAGE_DONE };

struct peer {
    struct peers *peers;
    int fd;  // -1: this place is free
    enum peer_kind kind;
    enum stage stage;
    uint64_t number, started_ns, deadline_ns;
    const struct machine *machine;
    gnutls_certificate_credentials_t credential;
    gnutls_session_t session;  // NULL before its line is sent
    bool has_heard, is_at_end, is_stopped;
    uint32_t events;  // that epoll waits for
    size_t received;  // of the secret, or the answer
    uint8_t *secret;  // what it should be; NULL until something has come
    // What was read from the socket and not yet asked for: saves one call for each record.
    uint8_t input[input_max];
    size_t input_start, input_end;
    // What is to be sent. Of `limit` bytes, slow peers may send so far, halfway ones so many.
    uint8_t *output;
    size_t output_start, output_end, limit;
};

struct peers {
    struct peers_settings settings;
    int epoll;
    gnutls_priority_t priority;
    struct machine *machines;
    gnutls_certificate_credentials_t *credentials;
    size_t machine_count, machine_room;
    struct peer *places;
    uint32_t *free_places;
    size_t free_count;
    size_t connected;
    struct peer_result *results;  // a ring
    size_t result_start, result_count;
    uint64_t swept_ns, random;
};

// Whether it waits for nothing.
bool peer_stays(enum peer_kind kind);
// Goes as far as it can for now. `events` are those of epoll; 0 if time has passed.
void peer_advance(struct peer *peer, uint32_t events);
// Ends it with that outcome.
void peer_end(struct peer *peer, enum peer_outcome outcome, const char *problem);
// Time has passed: sends what may be sent now, or ends.
void peer_sweep(struct peer *peer, uint64_t now);

// In peers.c.
void peers_forget(struct peer *peer, enum peer_outcome outcome, const char *problem);
uint64_t peers_random(struct peers *peers);

// In transport.c: sockets, and what GnuTLS reads and writes through.
int transport_connect(const struct peers_settings *settings, uint64_t number);
// Makes epoll wait for these.
void transport_want(struct peer *peer, uint32_t events);
// Appends to the output, without sending it. Ends the program if there is too much of it.
void transport_put(struct peer *peer, const void *bytes, size_t count);
enum flush { FLUSHED, FLUSH_WAITS, FLUSH_FAILED };
// Sends as much as is allowed and possible.
enum flush transport_flush(struct peer *peer);
void transport_attach(struct peer *peer);

#endif
