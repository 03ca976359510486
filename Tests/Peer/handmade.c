#include "handmade.h"

#include <gnutls/abstract.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <stdlib.h>
#include <string.h>

enum { header_size = 5, tag_size = 16, key_size = 16, hello_size_max = 4096 };

static void check(const char *what, int code) {
    if (code < 0) fail("%s: %s", what, gnutls_strerror(code));
}

static void hash(struct handmade *self, const void *bytes, size_t size) {
    check("hash", gnutls_hash(self->transcript, bytes, size));
}

static void transcript_digest(struct handmade *self, unsigned char digest[digest_size]) {
    gnutls_hash_hd_t copy = gnutls_hash_copy(self->transcript);
    gnutls_hash_deinit(copy, digest);
}

// HKDF-Expand-Label (RFC 8446, section 7.1).
static void expand(const unsigned char secret[digest_size], const char *label,
                   const unsigned char *context, size_t context_size, unsigned char *result,
                   size_t size) {
    unsigned char info[128];
    size_t label_size = strlen(label), used = 0;
    info[used++] = (unsigned char)(size >> 8);
    info[used++] = (unsigned char)size;
    info[used++] = (unsigned char)(6 + label_size);
    memcpy(info + used, "tls13 ", 6);
    memcpy(info + used + 6, label, label_size);
    used += 6 + label_size;
    info[used++] = (unsigned char)context_size;
    if (context_size > 0) memcpy(info + used, context, context_size);
    used += context_size;
    gnutls_datum_t key = {(unsigned char *)secret, digest_size}, text = {info, (unsigned)used};
    check("HKDF", gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &text, result, size));
}

static void extract(const unsigned char *salt, const unsigned char *bytes, size_t size,
                    unsigned char result[digest_size]) {
    gnutls_datum_t key = {(unsigned char *)bytes, (unsigned)size};
    gnutls_datum_t extra = {(unsigned char *)salt, digest_size};
    check("HKDF", gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &key, &extra, result));
}

static void derive_secret(const unsigned char secret[digest_size], const char *label,
                          const unsigned char digest[digest_size],
                          unsigned char result[digest_size]) {
    expand(secret, label, digest, digest_size, result, digest_size);
}

static void use_server_secret(struct handmade *self) {
    unsigned char key[key_size];
    expand(self->server_secret, "key", NULL, 0, key, sizeof key);
    expand(self->server_secret, "iv", NULL, 0, self->iv, sizeof self->iv);
    if (self->cipher != NULL) gnutls_aead_cipher_deinit(self->cipher);
    gnutls_datum_t datum = {key, sizeof key};
    check("cipher", gnutls_aead_cipher_init(&self->cipher, GNUTLS_CIPHER_AES_128_GCM, &datum));
    self->sequence = 0;
}

static void random_bytes(void *context, size_t size, uint8_t *bytes) {
    (void)context;
    check("random", gnutls_rnd(GNUTLS_RND_NONCE, bytes, size));
}

// ECDH over P-256: fills in our share, and returns the shared x.
static bool agree(struct handmade *self, unsigned char ours[share_size], unsigned char x[32]) {
    const struct ecc_curve *curve = nettle_get_secp_256r1();
    struct ecc_scalar scalar;
    struct ecc_point point, theirs;
    mpz_t number[2];
    mpz_inits(number[0], number[1], NULL);
    ecc_scalar_init(&scalar, curve);
    ecc_point_init(&point, curve);
    ecc_point_init(&theirs, curve);
    ecc_scalar_random(&scalar, NULL, random_bytes);
    ecc_point_mul_g(&point, &scalar);
    ecc_point_get(&point, number[0], number[1]);
    memset(ours, 0, share_size);
    ours[0] = 4;
    for (int i = 0; i < 2; i++) {
        size_t size = (mpz_sizeinbase(number[i], 2) + 7) / 8;
        mpz_export(ours + 1 + 32 * (i + 1) - size, NULL, 1, 1, 1, 0, number[i]);
        mpz_import(number[i], 32, 1, 1, 1, 0, self->share + 1 + 32 * i);
    }
    bool is_valid = self->share[0] == 4 && ecc_point_set(&theirs, number[0], number[1]);
    if (is_valid) {
        ecc_point_mul(&point, &scalar, &theirs);
        ecc_point_get(&point, number[0], NULL);
        size_t size = (mpz_sizeinbase(number[0], 2) + 7) / 8;
        memset(x, 0, 32);
        mpz_export(x + 32 - size, NULL, 1, 1, 1, 0, number[0]);
    }
    ecc_point_clear(&theirs);
    ecc_point_clear(&point);
    ecc_scalar_clear(&scalar);
    mpz_clears(number[0], number[1], NULL);
    return is_valid;
}

// Looks for the share of P-256 in a ClientHello; zeros if there is none.
static void find_share(struct handmade *self, const unsigned char *hello, size_t size) {
    memset(self->share, 0, sizeof self->share);
    for (size_t i = 0; i + 4 + share_size <= size; i++)
        if (memcmp(hello + i, "\x00\x17\x00\x41\x04", 5) == 0)
            memcpy(self->share, hello + i + 4, share_size);
}

bool handmade_read_hello(struct handmade *self) {
    unsigned char header[header_size], hello[hello_size_max];
    size_t size;
    do { // a second ClientHello comes after a ChangeCipherSpec
        if (!hostile_receive(self->connection, header, sizeof header)) return false;
        size = (size_t)header[3] << 8 | header[4];
        if (size > sizeof hello || !hostile_receive(self->connection, hello, size)) return false;
    } while (header[0] == CHANGE_CIPHER_SPEC);
    if (header[0] != HANDSHAKE || size < 39 || hello[38] > 32) return false;
    self->session_id_size = hello[38];
    memcpy(self->session_id, hello + 39, self->session_id_size);
    find_share(self, hello, size);
    hash(self, hello, size);
    return true;
}

bool handmade_begin(struct handmade *self, struct hostile *connection) {
    *self = (struct handmade){.connection = connection, .record_size = record_size_max};
    check("hash", gnutls_hash_init(&self->transcript, GNUTLS_DIG_SHA256));
    return hostile_send_line(connection) && handmade_read_hello(self);
}

void handmade_end(struct handmade *self) {
    if (self->transcript != NULL) gnutls_hash_deinit(self->transcript, NULL);
    if (self->cipher != NULL) gnutls_aead_cipher_deinit(self->cipher);
}

static size_t seal(struct handmade *self, enum content_type type, const void *bytes, size_t size,
                   unsigned char *record) {
    unsigned char inner[record_size_max + 256] = {0}, nonce[12];
    size_t inner_size = size + 1 + self->padding, sealed = inner_size + tag_size;
    memcpy(inner, bytes, size);
    inner[size] = type;
    memcpy(record, (unsigned char[]){APPLICATION_DATA, 3, 3, sealed >> 8, sealed}, header_size);
    memcpy(nonce, self->iv, sizeof nonce);
    for (int i = 0; i < 8; i++) nonce[11 - i] ^= (unsigned char)(self->sequence >> (8 * i));
    self->sequence++;
    size_t room = sealed;
    check("encrypt", gnutls_aead_cipher_encrypt(self->cipher, nonce, sizeof nonce, record,
                                                header_size, tag_size, inner, inner_size,
                                                record + header_size, &room));
    return header_size + sealed;
}

bool handmade_send_record(struct handmade *self, enum content_type type, const void *bytes,
                          size_t size) {
    unsigned char record[header_size + record_size_max + 512];
    if (self->cipher != NULL)
        return hostile_send(self->connection, record, seal(self, type, bytes, size, record));
    memcpy(record, (unsigned char[]){type, 3, 3, size >> 8, size}, header_size);
    memcpy(record + header_size, bytes, size);
    return hostile_send(self->connection, record, header_size + size);
}

bool handmade_send_message(struct handmade *self, enum message_type type, const void *body,
                           size_t size) {
    unsigned char *message = malloc(4 + size);
    if (message == NULL) fail("out of memory");
    memcpy(message, (unsigned char[]){type, size >> 16, size >> 8, size}, 4);
    memcpy(message + 4, body, size);
    hash(self, message, 4 + size);
    bool is_open = true;
    for (size_t sent = 0; is_open && sent < 4 + size; sent += self->record_size) {
        size_t left = 4 + size - sent;
        is_open = handmade_send_record(self, HANDSHAKE, message + sent,
                                       left < self->record_size ? left : self->record_size);
    }
    free(message);
    return is_open;
}

static size_t begin_hello(struct handmade *self, unsigned char *hello) {
    size_t used = 34;
    hello[0] = hello[1] = 3;
    hello[used++] = (unsigned char)self->session_id_size;
    memcpy(hello + used, self->session_id, self->session_id_size);
    used += self->session_id_size;
    memcpy(hello + used, "\x13\x01\x00", 3); // TLS_AES_128_GCM_SHA256, no compression
    return used + 3;
}

bool handmade_send_hello(struct handmade *self) {
    unsigned char hello[256], shared[32], digest[digest_size], empty[digest_size],
        zeros[digest_size] = {0}, early[digest_size], salt[digest_size];
    random_bytes(NULL, 32, hello + 2);
    size_t used = begin_hello(self, hello);
    memcpy(hello + used, "\x00\x4f\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x45\x00\x17\x00\x41", 16);
    if (!agree(self, hello + used + 16, shared)) return false;
    used += 16 + share_size;
    if (!handmade_send_message(self, SERVER_HELLO, hello, used)) return false;

    gnutls_hash_fast(GNUTLS_DIG_SHA256, "", 0, empty);
    extract(zeros, zeros, sizeof zeros, early);
    derive_secret(early, "derived", empty, salt);
    extract(salt, shared, sizeof shared, self->handshake_secret);
    transcript_digest(self, digest);
    derive_secret(self->handshake_secret, "s hs traffic", digest, self->server_secret);
    use_server_secret(self);
    return true;
}

bool handmade_send_retry(struct handmade *self, unsigned group, size_t cookie_size) {
    // SHA-256 of “HelloRetryRequest” (RFC 8446, section 4.1.3).
    static const char retry[] =
        "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
        "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";
    unsigned char digest[digest_size], *hello = calloc(1, 256 + cookie_size);
    if (hello == NULL) fail("out of memory");
    transcript_digest(self, digest);
    gnutls_hash_deinit(self->transcript, NULL);
    check("hash", gnutls_hash_init(&self->transcript, GNUTLS_DIG_SHA256));
    hash(self, "\xfe\x00\x00\x20", 4);
    hash(self, digest, sizeof digest);
    memcpy(hello + 2, retry, 32);
    size_t used = begin_hello(self, hello), cookie = cookie_size > 0 ? 6 + cookie_size : 0;
    size_t extensions = 12 + cookie;
    memcpy(hello + used, (unsigned char[]){extensions >> 8, extensions, 0, 0x2b, 0, 2, 3, 4, 0, 0x33,
                                           0, 2, group >> 8, group}, 14);
    used += 14;
    if (cookie_size > 0) {
        size_t outer = cookie_size + 2;
        memcpy(hello + used, (unsigned char[]){0, 0x2c, outer >> 8, outer, cookie_size >> 8,
                                               cookie_size}, 6);
        memset(hello + used + 6, 0x5a, cookie_size);
        used += cookie;
    }
    bool is_open = handmade_send_message(self, SERVER_HELLO, hello, used);
    free(hello);
    return is_open;
}

bool handmade_send_extensions(struct handmade *self) {
    // server_certificate_type: raw public key (RFC 7250, section 3).
    return handmade_send_message(self, ENCRYPTED_EXTENSIONS, "\x00\x05\x00\x14\x00\x01\x02", 7);
}

bool handmade_send_key(struct handmade *self, const void *key, size_t size, long count) {
    size_t entry = 3 + size + 2, list = entry * (size_t)count;
    unsigned char *body = calloc(1, 4 + list);
    if (body == NULL) fail("out of memory");
    memcpy(body, (unsigned char[]){0, list >> 16, list >> 8, list}, 4);
    for (long i = 0; i < count; i++) {
        unsigned char *place = body + 4 + entry * (size_t)i;
        memcpy(place, (unsigned char[]){size >> 16, size >> 8, size}, 3);
        memcpy(place + 3, key, size);
    }
    bool is_open = handmade_send_message(self, CERTIFICATE, body, 4 + list);
    free(body);
    return is_open;
}

static gnutls_privkey_t load_key(const struct options *options) {
    gnutls_privkey_t key;
    gnutls_datum_t pem;
    check("key", gnutls_privkey_init(&key));
    if (options->key_file == NULL) {
        check("key", gnutls_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 256, 0));
        return key;
    }
    check(options->key_file, gnutls_load_file(options->key_file, &pem));
    check(options->key_file,
          gnutls_privkey_import_x509_raw(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0));
    gnutls_free(pem.data);
    return key;
}

static bool send_certificate(struct handmade *self, gnutls_privkey_t key) {
    gnutls_pubkey_t public_key;
    gnutls_datum_t info;
    check("key", gnutls_pubkey_init(&public_key));
    check("key", gnutls_pubkey_import_privkey(public_key, key, 0, 0));
    check("key", gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_DER, &info));
    gnutls_pubkey_deinit(public_key);
    bool is_open = handmade_send_key(self, info.data, info.size, 1);
    gnutls_free(info.data);
    return is_open;
}

static bool send_proof(struct handmade *self, gnutls_privkey_t key) {
    static const char context[] = "TLS 1.3, server CertificateVerify"; // with its NUL
    unsigned char text[64 + sizeof context + digest_size], body[4 + 64];
    gnutls_datum_t data = {text, sizeof text}, signature;
    memset(text, ' ', 64);
    memcpy(text + 64, context, sizeof context);
    transcript_digest(self, text + 64 + sizeof context);
    check("sign", gnutls_privkey_sign_data2(key, GNUTLS_SIGN_EDDSA_ED25519, 0, &data, &signature));
    memcpy(body, (unsigned char[]){0x08, 0x07, 0, 64}, 4);
    memcpy(body + 4, signature.data, 64);
    gnutls_free(signature.data);
    return handmade_send_message(self, CERTIFICATE_VERIFY, body, sizeof body);
}

static bool send_finished(struct handmade *self) {
    unsigned char key[digest_size], digest[digest_size], verify[digest_size];
    unsigned char zeros[digest_size] = {0}, empty[digest_size], salt[digest_size],
                  master[digest_size];
    expand(self->server_secret, "finished", NULL, 0, key, sizeof key);
    transcript_digest(self, digest);
    gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, sizeof key, digest, sizeof digest, verify);
    if (!handmade_send_message(self, FINISHED, verify, sizeof verify)) return false;
    gnutls_hash_fast(GNUTLS_DIG_SHA256, "", 0, empty);
    derive_secret(self->handshake_secret, "derived", empty, salt);
    extract(salt, zeros, sizeof zeros, master);
    transcript_digest(self, digest);
    derive_secret(master, "s ap traffic", digest, self->server_secret);
    use_server_secret(self);
    return true;
}

bool handmade_shake_hands(struct handmade *self) {
    gnutls_privkey_t key = load_key(self->connection->options);
    bool is_open = handmade_send_hello(self) && handmade_send_extensions(self) &&
                   send_certificate(self, key) && send_proof(self, key) && send_finished(self);
    gnutls_privkey_deinit(key);
    return is_open;
}

bool handmade_update_key(struct handmade *self, bool is_answer_wanted) {
    unsigned char next[digest_size];
    if (!handmade_send_message(self, KEY_UPDATE, is_answer_wanted ? "\x01" : "\x00", 1))
        return false;
    expand(self->server_secret, "traffic upd", NULL, 0, next, sizeof next);
    memcpy(self->server_secret, next, sizeof next);
    use_server_secret(self);
    return true;
}
