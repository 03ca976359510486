#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const char line[] = "1\r\n";

// Where an aborting peer goes away.
enum abort_point { ABORT_CONNECTED, ABORT_LINE, ABORT_HEARD, ABORT_HALFWAY, ABORT_SECURE, abort_points };
enum garbage { GARBAGE_LINE, GARBAGE_ENDLESS, GARBAGE_VERSION, GARBAGE_RECORD, GARBAGE_TLS, garbages };

bool peer_stays(enum peer_kind kind) {
    return kind == PEER_SILENT || kind == PEER_WAITING || kind == PEER_HALFWAY;
}

static bool aborts_at(const struct peer *peer, enum abort_point point) {
    return peer->kind == PEER_ABORTING && peer->number % abort_points == point;
}

// Half of them with a reset, as a machine does that is switched off and on again.
static void leave(struct peer *peer) {
    const struct linger reset = {.l_onoff = 1};
    if (peer->kind == PEER_ABORTING && peer->number / abort_points % 2)
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    peer_end(peer, OUTCOME_LEFT, NULL);
}

void peer_end(struct peer *peer, enum peer_outcome outcome, const char *problem) {
    if (peer->session) gnutls_deinit(peer->session);
    if (peer->fd >= 0) close(peer->fd);
    free(peer->output);
    free(peer->secret);
    peers_forget(peer, outcome, problem);
}

// The connection is gone, for a reason that errno tells.
static void lose(struct peer *peer, int code) {
    if (peer->stage == STAGE_CONNECTING) return peer_end(peer, OUTCOME_REFUSED, strerror(code));
    if (peer->received) return peer_end(peer, OUTCOME_CUT, strerror(code));
    bool is_reset = code == ECONNRESET || code == EPIPE;
    peer_end(peer, is_reset ? OUTCOME_RESET : OUTCOME_FAILED, strerror(code));
}

static void end_of_stream(struct peer *peer) {
    peer_end(peer, peer->received ? OUTCOME_CUT : OUTCOME_CLOSED, NULL);
}

// Bytes that nobody asked for, for peers without a session.
static void drain(struct peer *peer) {
    uint8_t bytes[4096];
    for (;;) {
        ssize_t count = recv(peer->fd, bytes, sizeof bytes, 0);
        if (count == 0) return end_of_stream(peer);
        if (count < 0) {
            if (errno != EAGAIN) lose(peer, errno);
            return;
        }
        if (aborts_at(peer, ABORT_HEARD)) return leave(peer);
    }
}

static void put_garbage(struct peer *peer) {
    uint8_t bytes[600];
    for (size_t index = 0; index < sizeof bytes; index++)
        bytes[index] = (uint8_t)peers_random(peer->peers);
    enum garbage garbage = peer->number % garbages;
    if (garbage == GARBAGE_LINE) bytes[sizeof bytes - 1] = '\n';
    if (garbage == GARBAGE_ENDLESS) memset(bytes, ' ', sizeof bytes);
    if (garbage == GARBAGE_VERSION) return transport_put(peer, "2\r\n", 3);
    if (garbage == GARBAGE_TLS || garbage == GARBAGE_RECORD)
        transport_put(peer, line, sizeof line - 1);
    // The header of a record of handshake messages, so that its content is looked at.
    if (garbage == GARBAGE_RECORD)
        memcpy(bytes, (const uint8_t[]){0x16, 0x03, 0x03, 0x02, 0x00}, 5);
    transport_put(peer, bytes, sizeof bytes);
}

static void begin_session(struct peer *peer) {
    need_tls(gnutls_init(&peer->session, machine_session_flags), "gnutls_init");
    need_tls(gnutls_priority_set(peer->session, peer->peers->priority), "gnutls_priority_set");
    need_tls(gnutls_credentials_set(peer->session, GNUTLS_CRD_CERTIFICATE, peer->credential),
             "gnutls_credentials_set");
    transport_attach(peer);
}

// What is said first.
static void greet(struct peer *peer) {
    switch (peer->kind) {
    case PEER_SILENT: return;
    case PEER_GARBAGE: return put_garbage(peer);
    case PEER_EXCHANGE:
        return transport_put(peer, peer->peers->settings.request,
                             peer->peers->settings.request_size);
    default: transport_put(peer, line, sizeof line - 1);
    }
}

static bool has_session(const struct peer *peer) {
    switch (peer->kind) {
    case PEER_HONEST:
    case PEER_SLOW:
    case PEER_UNKNOWN:
    case PEER_HALFWAY: return true;
    case PEER_ABORTING: return peer->number % abort_points >= ABORT_HALFWAY;
    default: return false;
    }
}

static bool connected(struct peer *peer) {
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code) return lose(peer, code), false;
    peer->stage = STAGE_CONNECTED;
    peer->peers->connected++;
    if (aborts_at(peer, ABORT_CONNECTED)) return leave(peer), false;
    greet(peer);
    return true;
}

// Half of the flight, and then no more, once the whole of it is there.
static void stop_halfway(struct peer *peer) {
    size_t line_bytes = sizeof line - 1;
    if (peer->output_end <= line_bytes || peer->is_stopped) return;
    peer->limit = line_bytes + (peer->output_end - line_bytes) / 2;
    peer->is_stopped = true;
}

static void check_secret(struct peer *peer, const uint8_t *bytes, size_t count) {
    if (!peer->secret) {
        peer->secret = malloc(peer->machine->secret_bytes + 1);
        if (!peer->secret) fail("out of memory");
        machine_secret(peer->machine, peer->secret);
    }
    size_t room = peer->machine->secret_bytes - peer->received;
    bool is_right = peer->kind != PEER_UNKNOWN && count <= room &&
                    memcmp(bytes, peer->secret + peer->received, count) == 0;
    peer->received += count;
    if (!is_right) peer_end(peer, OUTCOME_WRONG, "not the secret of this machine");
}

// The goodbye has come.
static void finish(struct peer *peer) {
    bool is_complete = peer->received == peer->machine->secret_bytes;
    gnutls_bye(peer->session, GNUTLS_SHUT_WR);
    transport_flush(peer);
    if (peer->kind != PEER_UNKNOWN && is_complete) return peer_end(peer, OUTCOME_SERVED, NULL);
    peer_end(peer, peer->received ? OUTCOME_CUT : OUTCOME_EMPTY, NULL);
}

static void receive(struct peer *peer) {
    uint8_t bytes[16384];
    while (peer->fd >= 0) {
        ssize_t count = gnutls_record_recv(peer->session, bytes, sizeof bytes);
        if (count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED) return;
        if (count == 0) return finish(peer);
        if (count == GNUTLS_E_PREMATURE_TERMINATION) return end_of_stream(peer);
        if (count == GNUTLS_E_PULL_ERROR) return lose(peer, ECONNRESET);
        if (count < 0)
            return peer_end(peer, peer->received ? OUTCOME_CUT : OUTCOME_FAILED,
                            gnutls_strerror((int)count));
        check_secret(peer, bytes, (size_t)count);
    }
}

static void handshake_failed(struct peer *peer, int code) {
    if (peer->is_at_end) return end_of_stream(peer);
    if (code == GNUTLS_E_PULL_ERROR || code == GNUTLS_E_PUSH_ERROR) return lose(peer, ECONNRESET);
    transport_flush(peer);  // the alert
    peer_end(peer, OUTCOME_FAILED, gnutls_strerror(code));
}

// Returns whether the handshake is over.
static bool handshake(struct peer *peer) {
    peer->stage = STAGE_HANDSHAKE;
    int code = gnutls_handshake(peer->session);
    if (peer->kind == PEER_HALFWAY || aborts_at(peer, ABORT_HALFWAY)) stop_halfway(peer);
    if (code == GNUTLS_E_SUCCESS) {
        peer->stage = STAGE_SECRET;
        return true;
    }
    if (code != GNUTLS_E_AGAIN && code != GNUTLS_E_INTERRUPTED) handshake_failed(peer, code);
    return false;
}

static void exchange(struct peer *peer) {
    const struct peers_settings *settings = &peer->peers->settings;
    uint8_t bytes[8192];
    for (;;) {
        ssize_t count = recv(peer->fd, bytes, sizeof bytes, 0);
        if (count == 0) return end_of_stream(peer);
        if (count < 0) {
            if (errno != EAGAIN) lose(peer, errno);
            return;
        }
        if ((size_t)count > settings->answer_size - peer->received ||
            memcmp(bytes, settings->answer + peer->received, (size_t)count))
            return peer_end(peer, OUTCOME_WRONG, "not the answer that was expected");
        peer->received += (size_t)count;
        if (peer->received == settings->answer_size) return peer_end(peer, OUTCOME_SERVED, NULL);
    }
}

static void converse(struct peer *peer) {
    if (peer->kind == PEER_EXCHANGE) return exchange(peer);
    if (!peer->session) return drain(peer);
    if (peer->stage != STAGE_SECRET && !handshake(peer)) return;
    if (aborts_at(peer, ABORT_SECURE)) return leave(peer);
    receive(peer);
}

// Sends what there is to send, and waits for what comes next.
static void settle(struct peer *peer) {
    enum flush flush = transport_flush(peer);
    if (flush == FLUSH_FAILED) return lose(peer, errno);
    if (peer->output_start == peer->output_end) {
        peer->output_start = peer->output_end = 0;
        if (peer->kind == PEER_SLOW) peer->limit = 0;
    }
    if (aborts_at(peer, ABORT_LINE)) return leave(peer);
    if (aborts_at(peer, ABORT_HALFWAY) && peer->is_stopped) return leave(peer);
    bool is_blocked = flush == FLUSH_WAITS && peer->output_start < peer->limit;
    transport_want(peer, is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void peer_advance(struct peer *peer, uint32_t events) {
    if (peer->stage == STAGE_CONNECTING) {
        if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) || !connected(peer)) return;
        settle(peer);
        if (peer->fd >= 0 && has_session(peer)) begin_session(peer);
        return;
    }
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) converse(peer);
    if (peer->fd >= 0) settle(peer);
}

void peer_sweep(struct peer *peer, uint64_t now) {
    if (now >= peer->deadline_ns) {
        if (peer_stays(peer->kind)) return leave(peer);
        return peer_end(peer, OUTCOME_LATE, NULL);
    }
    if (peer->kind != PEER_SLOW || peer->stage == STAGE_CONNECTING) return;
    uint64_t rate = peer->peers->settings.bytes_per_second;
    size_t waiting = peer->output_end - peer->output_start;
    size_t allowed = (size_t)((now - peer->peers->swept_ns) * rate / 1000000000) + 1;
    peer->limit = peer->output_start + (allowed < waiting ? allowed : waiting);
    settle(peer);
}
