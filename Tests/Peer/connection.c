// One machine that boots.
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void want(struct connection *self, uint32_t events) {
    if (self->events == events) return;
    self->events = events;
    struct epoll_event event = {.events = events, .data.ptr = self};
    epoll_ctl(self->epoll, EPOLL_CTL_MOD, self->descriptor, &event);
}

void connection_end(struct connection *self, const char *outcome, const char *detail) {
    if (self->descriptor < 0) return;
    char digest[2 * 32 + 1] = "";
    if (self->hash != NULL) {
        unsigned char bytes[32];
        gnutls_hash_deinit(self->hash, bytes);
        for (size_t i = 0; i < sizeof bytes; i++) sprintf(digest + 2 * i, "%02x", bytes[i]);
    }
    if (self->session != NULL) gnutls_deinit(self->session);
    if (self->options->resets) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(self->descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(self->descriptor);
    self->descriptor = -1;
    printf("outcome=%s phase=%s raw=%llu bytes=%llu sha256=%s milliseconds=%lld detail=%s\n",
           outcome, phase_name(self->phase), (unsigned long long)self->raw_bytes,
           (unsigned long long)self->secret_bytes, digest,
           (long long)(now_milliseconds() - self->started), detail);
    fflush(stdout);
}

static void end_by_error(struct connection *self, int code) {
    connection_end(self, code == ECONNRESET || code == EPIPE ? "reset" : "failed", strerror(code));
}

// From now on the kernel drops whatever arrives for the socket, and so answers nothing.
static void vanish(int descriptor) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &nothing};
    if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
        fail("SO_ATTACH_FILTER: %s", strerror(errno));
}

// True if it may go on from there.
static bool reach(struct connection *self, enum phase phase) {
    self->phase = phase;
    if (self->options->hang_up_at == phase) {
        connection_end(self, "hung-up", "");
        return false;
    }
    if (self->options->stop_at == phase) {
        if (self->options->vanishes) vanish(self->descriptor);
        self->is_stopped = true;
        want(self, EPOLLIN | EPOLLRDHUP);
        return false;
    }
    return true;
}

// How many bytes may be read by now.
static uint64_t allowance(const struct connection *self) {
    int64_t elapsed = now_milliseconds() - self->paced_since;
    uint64_t due = (uint64_t)(elapsed * self->options->bytes_per_second / 1000);
    return due > self->paced_bytes ? due - self->paced_bytes : 0;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *buffer, size_t size) {
    struct connection *self = pointer;
    if (self->paced_since != 0) {
        uint64_t allowed = allowance(self);
        if (allowed < size) size = (size_t)allowed;
        if (size == 0) {
            want(self, 0); // until connection_resume
            gnutls_transport_set_errno(self->session, EAGAIN);
            return -1;
        }
    }
    ssize_t count = recv(self->descriptor, buffer, size, 0);
    if (count < 0) {
        gnutls_transport_set_errno(self->session, errno);
        return -1;
    }
    self->raw_bytes += (uint64_t)count;
    if (self->paced_since != 0) self->paced_bytes += (uint64_t)count;
    return count;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *buffer, size_t size) {
    struct connection *self = pointer;
    ssize_t count = send(self->descriptor, buffer, size, MSG_NOSIGNAL);
    if (count < 0) gnutls_transport_set_errno(self->session, errno);
    return count;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned milliseconds) {
    (void)pointer, (void)milliseconds;
    return 1; // what is not there yet, pull says
}

static void make_session(struct connection *self) {
    gnutls_init(&self->session,
                GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_ENABLE_RAWPK);
    gnutls_priority_set(self->session, self->identity->priority);
    gnutls_credentials_set(self->session, GNUTLS_CRD_CERTIFICATE, self->identity->credentials);
    gnutls_certificate_server_set_request(self->session, GNUTLS_CERT_IGNORE);
    gnutls_transport_set_ptr(self->session, self);
    gnutls_transport_set_pull_function(self->session, pull);
    gnutls_transport_set_push_function(self->session, push);
    gnutls_transport_set_pull_timeout_function(self->session, pull_timeout);
}

// True if `code` only means to wait.
static bool is_waiting(struct connection *self, int code) {
    if (code != GNUTLS_E_AGAIN && code != GNUTLS_E_INTERRUPTED) return false;
    if (self->events == 0) return true; // paced
    want(self, gnutls_record_get_direction(self->session) == 0 ? EPOLLIN : EPOLLOUT);
    return true;
}

static void end_by_tls(struct connection *self, int code) {
    const char *detail = gnutls_strerror(code);
    if (code == GNUTLS_E_PREMATURE_TERMINATION)
        connection_end(self, "cut", detail);
    else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
        connection_end(self, "alert", gnutls_alert_get_name(gnutls_alert_get(self->session)));
    else if (code == GNUTLS_E_PULL_ERROR || code == GNUTLS_E_PUSH_ERROR)
        connection_end(self, "reset", detail);
    else {
        gnutls_alert_send_appropriate(self->session, code);
        connection_end(self, "failed", detail);
    }
}

static void read_secret(struct connection *self) {
    static unsigned char buffer[16384];
    // Some records for each turn, so that no connection starves the others.
    for (int turn = 0; turn < 16; turn++) {
        ssize_t count = gnutls_record_recv(self->session, buffer, sizeof buffer);
        if (count == 0) {
            gnutls_bye(self->session, GNUTLS_SHUT_WR);
            return connection_end(self, "orderly", "");
        }
        if (count < 0) {
            if (!is_waiting(self, (int)count)) end_by_tls(self, (int)count);
            return;
        }
        gnutls_hash(self->hash, buffer, (size_t)count);
        self->secret_bytes += (uint64_t)count;
        if (self->phase < SECRET_BEGUN && !reach(self, SECRET_BEGUN)) return;
    }
}

static void shake_hands(struct connection *self) {
    int code = gnutls_handshake(self->session);
    if (code < 0) {
        if (!is_waiting(self, code) && gnutls_error_is_fatal(code)) end_by_tls(self, code);
        return;
    }
    if (!reach(self, HANDSHAKEN)) return;
    if (self->options->bytes_per_second > 0) self->paced_since = now_milliseconds();
    gnutls_hash_init(&self->hash, GNUTLS_DIG_SHA256);
    want(self, EPOLLIN);
    read_secret(self);
}

static void await_hello(struct connection *self) {
    unsigned char byte;
    ssize_t count = recv(self->descriptor, &byte, 1, MSG_PEEK);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return end_by_error(self, errno);
    if (count == 0) return connection_end(self, "cut", "");
    if (!reach(self, HELLO_SEEN)) return;
    make_session(self);
    shake_hands(self);
}

static void send_line(struct connection *self) {
    const struct options *options = self->options;
    ssize_t count = send(self->descriptor, options->line + self->line_sent,
                         options->line_size - self->line_sent, MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return end_by_error(self, errno);
    self->line_sent += (size_t)count;
    if (self->line_sent < options->line_size) return;
    if (!reach(self, LINE_SENT)) return;
    want(self, EPOLLIN);
}

static void finish_connect(struct connection *self) {
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(self->descriptor, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) return connection_end(self, "unreachable", strerror(code));
    if (reach(self, CONNECTED)) send_line(self);
}

// It only waits for the server to end it.
static void drain(struct connection *self) {
    char buffer[4096];
    ssize_t count = recv(self->descriptor, buffer, sizeof buffer, 0);
    if (count > 0) self->raw_bytes += (uint64_t)count;
    else if (count == 0) connection_end(self, "cut", "");
    else if (errno != EAGAIN && errno != EINTR) end_by_error(self, errno);
}

bool connection_is_new(const struct connection *self) { return self->phase < LINE_SENT; }

void connection_advance(struct connection *self) {
    if (self->descriptor < 0) return;
    if (self->is_stopped) return drain(self);
    switch (self->phase) {
    case STARTED: return finish_connect(self);
    case CONNECTED: return send_line(self);
    case LINE_SENT: return await_hello(self);
    case HELLO_SEEN: return shake_hands(self);
    case HANDSHAKEN:
    case SECRET_BEGUN: return read_secret(self);
    case NEVER: break;
    }
}

void connection_resume(struct connection *self) {
    if (self->descriptor >= 0 && self->paced_since != 0 && self->events == 0 && allowance(self) > 0)
        want(self, EPOLLIN);
}

// Of 64 networks of 64 bits in each network of 48, one address. Somebody has to route fd4d:616e::/32.
static struct sockaddr_in6 ipv6_source(uint32_t number) {
    struct sockaddr_in6 source = {.sin6_family = AF_INET6};
    uint16_t parts[8] = {htons(0xfd4d), htons(0x616e), htons((uint16_t)(number / 64)),
                         htons((uint16_t)(number % 64)), 0, 0, 0, htons(1)};
    memcpy(&source.sin6_addr, parts, sizeof parts);
    return source;
}

void connection_choose_source(int descriptor, const struct options *options, long number) {
    if (options->sources < 2) return;
    uint32_t source = (uint32_t)(number % options->sources);
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000101 + source)};
    struct sockaddr_in6 ipv6 = ipv6_source(source);
    bool is_ipv4 = options->server.ss_family == AF_INET;
    int yes = 1;
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (!is_ipv4) setsockopt(descriptor, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof yes);
    if (bind(descriptor, is_ipv4 ? (struct sockaddr *)&ipv4 : (struct sockaddr *)&ipv6,
             is_ipv4 ? sizeof ipv4 : sizeof ipv6) < 0)
        fail("bind: %s", strerror(errno));
}

void connection_start(struct connection *self, long number) {
    const struct options *options = self->options;
    self->started = now_milliseconds();
    self->descriptor =
        socket(options->server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->descriptor < 0) fail("socket: %s", strerror(errno));
    if (options->bytes_per_second > 0) {
        // Otherwise the kernel reads ahead.
        int size = 2048;
        setsockopt(self->descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    connection_choose_source(self->descriptor, options, number);
    self->events = EPOLLOUT;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = self};
    epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->descriptor, &event);
    int result = connect(self->descriptor, (const struct sockaddr *)&options->server,
                         options->server_size);
    if (result < 0 && errno != EINPROGRESS) connection_end(self, "unreachable", strerror(errno));
}
