// The server's side of TLS 1.3 (RFC 8446) made by hand: it sends what it is told to, in whatever
// order. Only P-256, TLS_AES_128_GCM_SHA256 and Ed25519.
#ifndef MANDOS_TEST_PEER_HANDMADE_H
#define MANDOS_TEST_PEER_HANDMADE_H

#include "hostile.h"

enum content_type { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };

enum message_type {
    SERVER_HELLO = 2,
    NEW_SESSION_TICKET = 4,
    ENCRYPTED_EXTENSIONS = 8,
    CERTIFICATE = 11,
    CERTIFICATE_REQUEST = 13,
    CERTIFICATE_VERIFY = 15,
    FINISHED = 20,
    KEY_UPDATE = 24,
    COMPRESSED_CERTIFICATE = 25,
};

enum { digest_size = 32, record_size_max = 16384, share_size = 65 };

struct handmade {
    struct hostile *connection;
    gnutls_hash_hd_t transcript;
    unsigned char session_id[32], share[share_size]; // of the ClientHello
    size_t session_id_size;
    unsigned char handshake_secret[digest_size], server_secret[digest_size];
    unsigned char iv[12];
    uint64_t sequence;
    gnutls_aead_cipher_hd_t cipher; // NULL: records are sent in the clear
    size_t record_size; // greatest plaintext of a record; less than it for many tiny records
    size_t padding; // zeros that each record carries
};

// Sends the version line and reads a ClientHello. False if the server does not send one.
bool handmade_begin(struct handmade *self, struct hostile *connection);
void handmade_end(struct handmade *self);

// Each sends one thing; false once the server has closed.
bool handmade_send_record(struct handmade *self, enum content_type type, const void *bytes,
                          size_t size);
bool handmade_send_message(struct handmade *self, enum message_type type, const void *body,
                           size_t size);
// The ServerHello, after which all is encrypted.
bool handmade_send_hello(struct handmade *self);
// A HelloRetryRequest for that group, with a cookie of so many bytes if there are any. The next
// ClientHello is read with handmade_read_hello.
bool handmade_send_retry(struct handmade *self, unsigned group, size_t cookie_size);
bool handmade_read_hello(struct handmade *self);
// EncryptedExtensions that agree on a raw public key.
bool handmade_send_extensions(struct handmade *self);
// A Certificate message that carries the SubjectPublicKeyInfo so many times.
bool handmade_send_key(struct handmade *self, const void *key, size_t size, long count);
// Everything from the ServerHello to Finished, with the Ed25519 key of the options.
bool handmade_shake_hands(struct handmade *self);
// A KeyUpdate, and the keys that follow it.
bool handmade_update_key(struct handmade *self, bool is_answer_wanted);

#endif
