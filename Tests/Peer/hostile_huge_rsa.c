// The server verifies a signature with the key that it is shown: x^e mod n, with both as long as
// the peer likes. The signature need not be right.
#include "handmade.h"

#include <string.h>

enum { bits = 65536, bytes = bits / 8, key_size_max = 2 * bytes + 64 };

// A DER header with a length of two bytes.
static size_t put_header(unsigned char *place, unsigned char tag, size_t size) {
    memcpy(place, (unsigned char[]){tag, 0x82, size >> 8, size}, 4);
    return 4;
}

static size_t put_number(unsigned char *place) {
    size_t used = put_header(place, 0x02, bytes);
    gnutls_rnd(GNUTLS_RND_NONCE, place + used, bytes);
    place[used] = 0x7f; // positive, of full length
    place[used + bytes - 1] |= 1;
    return used + bytes;
}

static size_t make_key(unsigned char *key) {
    static const unsigned char algorithm[] = {0x30, 13,   0x06, 9,    0x2a, 0x86, 0x48, 0x86,
                                              0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    size_t numbers = 2 * (4 + bytes), text = 1 + 4 + numbers;
    size_t used = put_header(key, 0x30, sizeof algorithm + 4 + text);
    memcpy(key + used, algorithm, sizeof algorithm);
    used += sizeof algorithm;
    used += put_header(key + used, 0x03, text);
    key[used++] = 0; // unused bits
    used += put_header(key + used, 0x30, numbers);
    used += put_number(key + used);
    used += put_number(key + used);
    return used;
}

void hostile_huge_rsa(struct hostile *self) {
    static const unsigned char scheme[] = {0x08, 0x04, bytes >> 8, bytes & 0xff};
    unsigned char key[key_size_max], proof[sizeof scheme + bytes];
    struct handmade peer;
    memcpy(proof, scheme, sizeof scheme); // rsa_pss_rsae_sha256
    gnutls_rnd(GNUTLS_RND_NONCE, proof + sizeof scheme, bytes);
    proof[sizeof scheme] = 0;
    if (handmade_begin(&peer, self) && handmade_send_hello(&peer) &&
        handmade_send_extensions(&peer) && handmade_send_key(&peer, key, make_key(key), 1) &&
        handmade_send_message(&peer, CERTIFICATE_VERIFY, proof, sizeof proof))
        hostile_await_end(self);
    handmade_end(&peer);
}
