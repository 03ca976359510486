// Many machines that boot, and many that only look like it, in one thread: connections to one
// server, over one epoll descriptor. Who connects when is decided by the caller.
#ifndef PEERS_H
#define PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "support.h"

// How a peer behaves. Their order is that of `PeerKind` in Swift.
enum peer_kind {
    PEER_HONEST,    // boots: its line, a handshake with its raw key, its secret up to the goodbye
    PEER_SLOW,      // the same, but its bytes leave at a slow rate
    PEER_UNKNOWN,   // the same, with a key that the server does not know
    PEER_SILENT,    // connects, and says nothing
    PEER_WAITING,   // sends its line, and leaves the server's first message without an answer
    PEER_HALFWAY,   // sends its line and half of its handshake
    PEER_ABORTING,  // goes away at some point: which one, and how, depends on its number
    PEER_GARBAGE,   // sends something else than a line, or than a handshake
    PEER_EXCHANGE,  // sends fixed bytes, and expects fixed bytes: for servers of other protocols
    peer_kinds
};

// How a connection ended. Their order is that of `Outcome` in Swift.
enum peer_outcome {
    OUTCOME_SERVED,   // all bytes of the right secret, and a goodbye
    OUTCOME_WRONG,    // something that is not the secret of this machine
    OUTCOME_EMPTY,    // a handshake and a goodbye, and no secret
    OUTCOME_CUT,      // a secret without a goodbye, or a part of one
    OUTCOME_CLOSED,   // the server closed it before there was any secret
    OUTCOME_RESET,    // the same, by a reset
    OUTCOME_REFUSED,  // it could not be opened
    OUTCOME_FAILED,   // the handshake failed otherwise
    OUTCOME_LATE,     // it took longer than it may
    OUTCOME_LEFT,     // the peer itself went, as it was meant to
    peer_outcomes
};

struct peers_settings {
    struct sockaddr_storage target;
    socklen_t target_size;
    size_t open_max;           // connections at a time
    uint32_t source_count;     // addresses that peers come from, of 127.1.0.0 on; 0: the kernel's
    uint64_t attempt_ns;       // an honest attempt may take so long
    uint64_t hold_ns;          // and one that waits for nothing stays so long
    uint32_t bytes_per_second; // of slow peers
    uint64_t seed;             // of the garbage
    // What PEER_EXCHANGE sends and expects; the caller's, and to be kept.
    const uint8_t *request, *answer;
    size_t request_size, answer_size;
};

struct peer_result {
    uint64_t number;  // as given to peers_start
    enum peer_kind kind;
    enum peer_outcome outcome;
    uint64_t started_ns, ended_ns;  // of CLOCK_MONOTONIC
    const char *problem;            // words of a library, static; NULL if there is none
};

struct peers;

// Raises the limit of descriptors. Ends the program when there is no memory.
struct peers *peers_create(const struct peers_settings *settings);
// Closes what is open, and frees everything.
void peers_destroy(struct peers *peers);

// Makes a machine known, and prepares its credential, so that this is not done while time is taken.
// Returns its index.
size_t peers_add(struct peers *peers, const struct machine *machine);

// Begins to connect. Returns false if `open_max` are open. `number` comes back with the result, and
// decides about variants: where an aborting peer stops, what garbage is sent, which source it has.
bool peers_start(struct peers *peers, enum peer_kind kind, size_t machine, uint64_t number);

// Waits for at most so long, and does what can be done.
void peers_turn(struct peers *peers, int milliseconds);

// Ends all that are open: those that would stay have left, the others are late.
void peers_dismiss(struct peers *peers);

// Takes out one that has ended. Returns false if there is none.
bool peers_take(struct peers *peers, struct peer_result *result);

// Those that are open, and those of them that the server's kernel has accepted.
size_t peers_open(const struct peers *peers);
size_t peers_connected(const struct peers *peers);

#endif
