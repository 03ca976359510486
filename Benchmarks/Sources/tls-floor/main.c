// tls-floor COUNT
//
// The least that a secret costs a server: its end of the handshake, which is that of the TLS client,
// the key ID of the peer, the secret and the goodbye, in memory, without a socket or a loop. Settings
// are those of the server; the peer has a raw Ed25519 key, as mandos-keygen(8) makes it. Only the CPU
// time of that one end is counted.
#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

enum { warm_up = 100, secret_bytes = 300 };  // about what a short password is once encrypted

static const char priority_text[] =
    "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

struct pipe {
    uint8_t bytes[64 * 1024];
    size_t start, end;
};

// One end of a session: whence it reads, whither it writes.
struct end {
    gnutls_session_t session;
    struct pipe *in, *out;
};

// Nothing is ever waited for in memory; without a function of our own, a socket would be polled.
static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned int milliseconds) {
    (void)milliseconds;
    struct end *end = pointer;
    return end->in->start < end->in->end;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *buffer, size_t room) {
    struct end *end = pointer;
    size_t count = end->in->end - end->in->start;
    if (count > room) count = room;
    if (!count) {
        gnutls_transport_set_errno(end->session, EAGAIN);
        return -1;
    }
    memcpy(buffer, end->in->bytes + end->in->start, count);
    end->in->start += count;
    return (ssize_t)count;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *bytes, size_t count) {
    struct pipe *out = ((struct end *)pointer)->out;
    if (count > sizeof out->bytes - out->end) fail("more was sent than expected");
    memcpy(out->bytes + out->end, bytes, count);
    out->end += count;
    return (ssize_t)count;
}

static void begin(struct end *end, unsigned int flags, gnutls_priority_t priority,
                  gnutls_certificate_credentials_t credential) {
    need_tls(gnutls_init(&end->session, flags), "gnutls_init");
    need_tls(gnutls_priority_set(end->session, priority), "gnutls_priority_set");
    need_tls(gnutls_credentials_set(end->session, GNUTLS_CRD_CERTIFICATE, credential),
             "gnutls_credentials_set");
    gnutls_handshake_set_timeout(end->session, 0);
    gnutls_transport_set_ptr(end->session, end);
    gnutls_transport_set_pull_function(end->session, pull);
    gnutls_transport_set_pull_timeout_function(end->session, pull_timeout);
    gnutls_transport_set_push_function(end->session, push);
}

static void expect(int found, int expected, const char *call) {
    if (found != expected) fail("%s: %s", call, gnutls_strerror(found));
}

static void identify(gnutls_session_t session, uint8_t key_id[32]) {
    unsigned int count;
    const gnutls_datum_t *key = gnutls_certificate_get_peers(session, &count);
    if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_RAWPK || !key)
        fail("no raw public key");
    need_tls(gnutls_hash_fast(GNUTLS_DIG_SHA256, key->data, key->size, key_id), "gnutls_hash_fast");
}

static void check_received(struct end *peer, const uint8_t *secret) {
    uint8_t received[secret_bytes + 1];
    ssize_t count = gnutls_record_recv(peer->session, received, sizeof received);
    if (count != secret_bytes || memcmp(received, secret, secret_bytes))
        fail("the secret arrived damaged");
    expect((int)gnutls_record_recv(peer->session, received, sizeof received), 0, "close_notify");
}

struct setting {
    gnutls_priority_t priority, peer_priority;
    gnutls_certificate_credentials_t credential, peer_credential;
    uint8_t key_id[32], secret[secret_bytes];
};

// Returns the CPU time of the server's end.
static uint64_t serve(const struct setting *setting) {
    static struct pipe in, out;
    in.start = in.end = out.start = out.end = 0;
    struct end peer = {.in = &out, .out = &in}, server = {.in = &in, .out = &out};
    begin(&peer, machine_session_flags, setting->peer_priority, setting->peer_credential);

    uint64_t start = thread_cpu_ns();
    begin(&server,
          GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_ENABLE_RAWPK |
              GNUTLS_NO_TICKETS | GNUTLS_KEY_SHARE_TOP,
          setting->priority, setting->credential);
    expect(gnutls_handshake(server.session), GNUTLS_E_AGAIN, "gnutls_handshake");
    uint64_t total = thread_cpu_ns() - start;

    expect(gnutls_handshake(peer.session), GNUTLS_E_AGAIN, "gnutls_handshake of the peer");

    start = thread_cpu_ns();
    expect(gnutls_handshake(server.session), GNUTLS_E_SUCCESS, "gnutls_handshake");
    uint8_t key_id[32];
    identify(server.session, key_id);
    expect((int)gnutls_record_send(server.session, setting->secret, secret_bytes), secret_bytes,
           "gnutls_record_send");
    expect(gnutls_bye(server.session, GNUTLS_SHUT_WR), GNUTLS_E_SUCCESS, "gnutls_bye");
    gnutls_deinit(server.session);
    total += thread_cpu_ns() - start;

    if (memcmp(key_id, setting->key_id, sizeof key_id)) fail("wrong key ID");
    expect(gnutls_handshake(peer.session), GNUTLS_E_SUCCESS, "gnutls_handshake of the peer");
    check_received(&peer, setting->secret);
    gnutls_deinit(peer.session);
    return total;
}

int main(int count, char **arguments) {
    if (count != 2) fail("usage: tls-floor COUNT");
    long repetitions = number_argument(arguments[1], "COUNT", 1, 1000000);
    struct setting setting;
    struct machine machine = {.secret_bytes = secret_bytes};
    machine_generate(&machine);
    machine_key_id(&machine, setting.key_id);
    machine_secret(&machine, setting.secret);
    setting.peer_credential = machine_credential(&machine);
    need_tls(gnutls_certificate_allocate_credentials(&setting.credential), "credentials");
    need_tls(gnutls_priority_init(&setting.priority, priority_text, NULL), "gnutls_priority_init");
    need_tls(gnutls_priority_init(&setting.peer_priority, priority_text, NULL),
             "gnutls_priority_init");

    struct samples samples = {0};
    for (int index = 0; index < warm_up; index++) serve(&setting);
    for (long index = 0; index < repetitions; index++) samples_add(&samples, serve(&setting));
    printf("count %ld median_ns %lu p99_ns %lu\n", repetitions, samples_percentile(&samples, 50),
           samples_percentile(&samples, 99));
}
