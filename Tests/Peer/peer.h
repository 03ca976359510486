// A machine that boots, as a test wants it: see usage() in options.c.
#ifndef MANDOS_TEST_PEER_H
#define MANDOS_TEST_PEER_H

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// How far a connection has come, in this order.
enum phase { STARTED, CONNECTED, LINE_SENT, HELLO_SEEN, HANDSHAKEN, SECRET_BEGUN, NEVER };

enum phase phase_named(const char *name); // NEVER if there is none
const char *phase_name(enum phase phase);

struct options {
    struct sockaddr_storage server, relay; // the latter has no family unless it was asked for
    socklen_t server_size, relay_size;
    const char *key_file, *certificate_file, *priority;
    char *line; // not terminated: may contain NUL
    size_t line_size;
    long count, sources, bytes_per_second, seconds_max;
    enum phase hang_up_at, stop_at;
    bool resets, vanishes;
    const struct hostile_kind *hostile; // NULL: an ordinary machine
    bool is_repeating;
};

// Ends the program, with a message, if they make no sense.
struct options options_parse(int argc, char **argv);

// Says what is wrong, as printf does, and ends the program with status 1.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Allows as many descriptors as the hard limit.
void raise_descriptor_limit(void);

int64_t now_milliseconds(void); // of CLOCK_MONOTONIC

// What all TLS sessions share.
struct identity {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
};

struct identity identity_load(const struct options *options);

struct connection {
    const struct options *options;
    const struct identity *identity;
    int descriptor; // -1: has ended, or was never opened
    int epoll;
    uint32_t events; // that epoll waits for
    enum phase phase;
    bool is_stopped;
    gnutls_session_t session;
    gnutls_hash_hd_t hash;
    int64_t started, paced_since; // milliseconds
    uint64_t raw_bytes, paced_bytes, secret_bytes;
    size_t line_sent;
};

// Begins to connect, from the loopback address of that number if there are several.
void connection_start(struct connection *self, long number);

// Binds the socket of the connection of that number to its loopback address.
void connection_choose_source(int descriptor, const struct options *options, long number);

// Whether it has not sent its line.
bool connection_is_new(const struct connection *self);

// Goes as far as the socket allows, and prints a report when it ends.
void connection_advance(struct connection *self);

// A paced one may read again. Others are left alone.
void connection_resume(struct connection *self);

// Ends it with that outcome, if it has not ended yet.
void connection_end(struct connection *self, const char *outcome, const char *detail);

// Sends the line, then passes on everything between the server and another program.
void relay_run(const struct options *options);

#endif
