// What the programs of this package share.
#ifndef SUPPORT_H
#define SUPPORT_H

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Ends the program with a message. A benchmark that cannot measure has nothing else to do.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Fails with the text of errno if `result` is negative; else returns it.
int need(int result, const char *call);
// Fails with the text of a GnuTLS error code if it is negative; else returns it.
int need_tls(int result, const char *call);
// A decimal number from the command line.
long number_argument(const char *text, const char *name, long least, long most);

// Nanoseconds, of CLOCK_MONOTONIC and of CPU time used by the calling thread.
uint64_t now_ns(void);
uint64_t thread_cpu_ns(void);
void pause_ms(unsigned milliseconds);

// A growing list of measurements.
struct samples {
    uint64_t *values;
    size_t count, room;
};
void samples_add(struct samples *samples, uint64_t value);
// The smallest value that `percent` of all are not greater than; 100 gives the maximum. Sorts.
uint64_t samples_percentile(struct samples *samples, unsigned percent);

// One simulated client machine: an Ed25519 key pair (RFC 8032), and the size of its secret.
struct machine {
    uint8_t public_key[32], private_key[32];
    size_t secret_bytes;
};
// Makes a key; the size is the caller's to set.
void machine_generate(struct machine *machine);
// SHA-256 over its SubjectPublicKeyInfo (RFC 8410).
void machine_key_id(const struct machine *machine, uint8_t key_id[32]);
// What the server has to send it, `secret_bytes` long. Nothing secret: its public key, repeated.
void machine_secret(const struct machine *machine, uint8_t *secret);
// What it proves its identity with, the caller's to free.
gnutls_certificate_credentials_t machine_credential(const struct machine *machine);

// The arguments of gnutls_init(3) for the end that is the server of the handshake.
extern const unsigned int machine_session_flags;

struct sockaddr_in loopback(uint16_t port);
// As many descriptors as the hard limit allows.
void raise_descriptor_limit(void);

#endif
