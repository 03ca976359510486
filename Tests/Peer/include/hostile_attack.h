// Hostile peers for other programs than the test peer, in a process of their own.
#ifndef MANDOS_HOSTILE_ATTACK_H
#define MANDOS_HOSTILE_ATTACK_H

#include <sys/types.h>

struct hostile_attack {
    const char *kind;
    const char *target; // HOST:PORT, with a numeric HOST
    const char *key_file; // a private key (PEM) of a client that the server knows
    long count; // connections at the same time
    long sources; // loopback addresses that they come from
    long seconds; // the attack ends by itself after that time
};

// The name of the kind with that index, and its description. NULL past the last one.
const char *hostile_attack_kind(int index, const char **description);

// Starts the attack: each connection is made again once it has ended. Returns the process, which
// ends with this one. To be called before there are threads (fork(2)).
pid_t hostile_attack_start(const struct hostile_attack *attack);

// Ends the process, and waits for it.
void hostile_attack_end(pid_t process);

#endif
