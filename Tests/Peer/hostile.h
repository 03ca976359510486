// Peers that mean harm. Each kind is a file hostile_KIND.c with one function, named in the table of
// hostile.c.
#ifndef MANDOS_TEST_PEER_HOSTILE_H
#define MANDOS_TEST_PEER_HOSTILE_H

#include "peer.h"

// One connection. Its socket blocks, in a thread of its own.
struct hostile {
    const struct options *options;
    long number;     // of the connection, from 0
    int descriptor;  // connected; -1 once it has ended
    int64_t deadline; // of CLOCK_MONOTONIC, in milliseconds
    uint64_t bytes_sent, bytes_received;
};

// Plays the whole attack on a new connection, from the version line on.
typedef void hostile_function(struct hostile *self);

// Plays the attack on all connections that the options ask for.
typedef void hostile_crowd_function(const struct options *options);

struct hostile_kind {
    const char *name, *description;
    hostile_function *run;
    hostile_crowd_function *run_crowd; // instead, if it plays all connections by itself
};

// Ends with an entry without a name.
extern const struct hostile_kind hostile_kinds[];

// NULL if there is no such kind.
const struct hostile_kind *hostile_kind_named(const char *name);

// Runs the kind on so many connections at once, again and again if the options say so.
void hostile_run(const struct options *options);

// All of them return false, or 0, once the server has closed or the time is over.
bool hostile_send(struct hostile *self, const void *bytes, size_t size);
bool hostile_send_line(struct hostile *self);
// Reads exactly that many bytes.
bool hostile_receive(struct hostile *self, void *bytes, size_t size);
// Reads whatever comes until the server closes.
void hostile_await_end(struct hostile *self);
// Whether the server has closed, as far as is known without waiting.
bool hostile_has_ended(struct hostile *self);

hostile_function hostile_huge_rsa, hostile_hello_retry, hostile_double_retry, hostile_long_message,
    hostile_one_byte_segments, hostile_tiny_records, hostile_padding, hostile_empty_records,
    hostile_alert_flood, hostile_ccs_flood, hostile_key_update_flood, hostile_ticket_flood,
    hostile_certificate_request, hostile_compressed_certificate, hostile_many_certificates,
    hostile_application_data, hostile_long_cookie, hostile_version_flood,
    hostile_held_bytes, hostile_large_rsa, hostile_large_exponent,
    hostile_mdns_large, hostile_mdns_known_answers, hostile_mdns_flood, hostile_mdns_fuzz, hostile_mdns_legacy_flood,
    hostile_mdns_conflict;

hostile_function hostile_slow_handshake, hostile_known_client_flood;
hostile_crowd_function hostile_connect_stall, hostile_line_stall, hostile_many_sources;

#endif
