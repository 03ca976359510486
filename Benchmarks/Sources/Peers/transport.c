#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "peer.h"

static int bind_source(int fd, const struct peers_settings *settings, uint64_t number) {
    const int on = 1;
    if (!settings->source_count || settings->target.ss_family != AF_INET) return 0;
    // Without it, the kernel looks for a port free towards everybody: ip(7).
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    uint32_t source = 0x7f010001 + (uint32_t)(number % settings->source_count);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

int transport_connect(const struct peers_settings *settings, uint64_t number) {
    const int on = 1;
    int fd = socket(settings->target.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct sockaddr *target = (const struct sockaddr *)&settings->target;
    if (bind_source(fd, settings, number) == 0 &&
        (connect(fd, target, settings->target_size) == 0 || errno == EINPROGRESS))
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

void transport_want(struct peer *peer, uint32_t events) {
    if (peer->events == events) return;
    int operation = peer->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    struct epoll_event event = {.events = events, .data.ptr = peer};
    need(epoll_ctl(peer->peers->epoll, operation, peer->fd, &event), "epoll_ctl");
    peer->events = events;
}

void transport_put(struct peer *peer, const void *bytes, size_t count) {
    if (!peer->output && !(peer->output = malloc(output_max))) fail("out of memory");
    if (count > output_max - peer->output_end) fail("a peer has more to send than expected");
    memcpy(peer->output + peer->output_end, bytes, count);
    peer->output_end += count;
}

enum flush transport_flush(struct peer *peer) {
    size_t end = peer->output_end < peer->limit ? peer->output_end : peer->limit;
    while (peer->output_start < end) {
        size_t count = end - peer->output_start;
        ssize_t sent = send(peer->fd, peer->output + peer->output_start, count, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN ? FLUSH_WAITS : FLUSH_FAILED;
        peer->output_start += (size_t)sent;
    }
    return peer->output_start < peer->output_end ? FLUSH_WAITS : FLUSHED;
}

static ssize_t fill(struct peer *peer) {
    if (peer->is_at_end) return 0;
    ssize_t count = recv(peer->fd, peer->input, sizeof peer->input, 0);
    if (count < 0) return -1;
    peer->input_start = 0;
    peer->input_end = (size_t)count;
    peer->has_heard |= count > 0;
    peer->is_at_end = count == 0;
    return count;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *buffer, size_t room) {
    struct peer *peer = pointer;
    if (peer->input_start == peer->input_end) {
        ssize_t count = fill(peer);
        if (count < 0) gnutls_transport_set_errno(peer->session, errno);
        if (count <= 0) return count;
    }
    size_t count = peer->input_end - peer->input_start;
    if (count > room) count = room;
    memcpy(buffer, peer->input + peer->input_start, count);
    peer->input_start += count;
    return (ssize_t)count;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *bytes, size_t count) {
    transport_put(pointer, bytes, count);
    return (ssize_t)count;
}

// Nothing is ever waited for in here; without a function of our own, GnuTLS would poll the socket.
static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned int milliseconds) {
    (void)pointer;
    (void)milliseconds;
    return 1;
}

void transport_attach(struct peer *peer) {
    gnutls_handshake_set_timeout(peer->session, 0);
    gnutls_transport_set_ptr(peer->session, peer);
    gnutls_transport_set_pull_function(peer->session, pull);
    gnutls_transport_set_pull_timeout_function(peer->session, pull_timeout);
    gnutls_transport_set_push_function(peer->session, push);
}
