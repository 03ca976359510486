// The server verifies a signature with the key that it is shown: x^e mod n, with both as long as
// the peer likes. The signature need not be right.
#include "handmade.h"

#include <string.h>

enum { bytes_max = 65536 / 8, key_size_max = 2 * bytes_max + 64 };

// A DER header with a length of two bytes.
static size_t put_header(unsigned char *place, unsigned char tag, size_t size) {
    memcpy(place, (unsigned char[]){tag, 0x82, size >> 8, size}, 4);
    return 4;
}

// An odd number of that many bytes, after a zero that makes it positive.
static size_t put_number(unsigned char *place, size_t bytes) {
    size_t used = put_header(place, 0x02, 1 + bytes);
    place[used++] = 0;
    gnutls_rnd(GNUTLS_RND_NONCE, place + used, bytes);
    place[used] |= 0x80;
    place[used + bytes - 1] |= 1;
    return used + bytes;
}

static size_t make_key(unsigned char *key, size_t modulus_bytes, size_t exponent_bytes) {
    static const unsigned char algorithm[] = {0x30, 13,   0x06, 9,    0x2a, 0x86, 0x48, 0x86,
                                              0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    size_t numbers = 2 * 5 + modulus_bytes + exponent_bytes, text = 1 + 4 + numbers;
    size_t used = put_header(key, 0x30, sizeof algorithm + 4 + text);
    memcpy(key + used, algorithm, sizeof algorithm);
    used += sizeof algorithm;
    used += put_header(key + used, 0x03, text);
    key[used++] = 0; // unused bits
    used += put_header(key + used, 0x30, numbers);
    used += put_number(key + used, modulus_bytes);
    used += put_number(key + used, exponent_bytes);
    return used;
}

static void show(struct hostile *self, size_t modulus_bytes, size_t exponent_bytes) {
    unsigned char key[key_size_max], proof[4 + bytes_max];
    struct handmade peer;
    // rsa_pss_rsae_sha256
    memcpy(proof, (unsigned char[]){0x08, 0x04, modulus_bytes >> 8, modulus_bytes}, 4);
    gnutls_rnd(GNUTLS_RND_NONCE, proof + 4, modulus_bytes);
    proof[4] = 0;
    if (handmade_begin(&peer, self) && handmade_send_hello(&peer) &&
        handmade_send_extensions(&peer) &&
        handmade_send_key(&peer, key, make_key(key, modulus_bytes, exponent_bytes), 1) &&
        handmade_send_message(&peer, CERTIFICATE_VERIFY, proof, 4 + modulus_bytes))
        hostile_await_end(self);
    handmade_end(&peer);
}

void hostile_huge_rsa(struct hostile *self) { show(self, 65536 / 8, 65536 / 8); }

void hostile_large_rsa(struct hostile *self) { show(self, 12288 / 8, 12288 / 8); }

void hostile_large_exponent(struct hostile *self) { show(self, 8192 / 8, 8192 / 8); }
