// floor-server [PORT [SECRET-BYTES]]
//
// The least that any server of this protocol costs: it initialises the libraries as mandos does,
// listens at PORT of 127.0.0.1, and gives every peer with a raw Ed25519 key a secret made of that key,
// as mandos-bench expects it. No configuration, no limits, no deadlines, no log. Whatever the server
// needs more than this in memory or time is its own. Without PORT it ends right after initialising.
//
// It is linked with all libraries of the server. Those for D-Bus and Zeroconf are only there, as for a
// server that is to do without both; a database is open, as state is always saved.
#define _GNU_SOURCE
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { events_max = 256, line_bytes_max = 3, key_bytes = 32, secret_bytes_max = 16384 };
enum { input_max = 4096, output_max = 32768 };

static const char priority_text[] =
    "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

static gnutls_priority_t priority;
static gnutls_certificate_credentials_t credential;
static size_t secret_bytes = 300;

struct connection {
    int fd;
    bool is_secure;
    size_t line_bytes;
    gnutls_session_t session;  // NULL before its line has come
    size_t start, end;         // of what was read and not asked for
    uint8_t input[input_max];  // so that a record is one call, not two
};

// What goes out together: there is one connection at a time that writes.
static uint8_t output[output_max];
static size_t output_bytes;

static void end(struct connection *connection) {
    if (connection->session) gnutls_deinit(connection->session);
    close(connection->fd);
    free(connection);
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *buffer, size_t room) {
    struct connection *connection = pointer;
    if (connection->start == connection->end) {
        ssize_t count = recv(connection->fd, connection->input, input_max, 0);
        if (count < 0) gnutls_transport_set_errno(connection->session, errno);
        if (count <= 0) return count;
        connection->start = 0;
        connection->end = (size_t)count;
    }
    size_t count = connection->end - connection->start;
    if (count > room) count = room;
    memcpy(buffer, connection->input + connection->start, count);
    connection->start += count;
    return (ssize_t)count;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *bytes, size_t count) {
    (void)pointer;
    if (count > output_max - output_bytes) return -1;
    memcpy(output + output_bytes, bytes, count);
    output_bytes += count;
    return (ssize_t)count;
}

static void flush(const struct connection *connection) {
    if (output_bytes && send(connection->fd, output, output_bytes, MSG_NOSIGNAL) < 0)
        shutdown(connection->fd, SHUT_RDWR);
    output_bytes = 0;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned int milliseconds) {
    (void)pointer;
    (void)milliseconds;
    return 1;
}

// Returns whether the connection goes on.
static bool read_line(struct connection *connection) {
    char line[line_bytes_max];
    ssize_t count = recv(connection->fd, line, line_bytes_max - connection->line_bytes, 0);
    if (count < 0) return errno == EAGAIN;
    connection->line_bytes += (size_t)count;
    return count > 0;
}

// Returns whether the connection goes on.
static bool begin(struct connection *connection) {
    gnutls_session_t session;
    if (gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                                  GNUTLS_ENABLE_RAWPK | GNUTLS_NO_TICKETS | GNUTLS_KEY_SHARE_TOP))
        return false;
    connection->session = session;
    gnutls_handshake_set_timeout(session, 0);
    gnutls_transport_set_ptr(session, connection);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    gnutls_transport_set_push_function(session, push);
    return gnutls_priority_set(session, priority) == 0 &&
           gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credential) == 0;
}

static void send_secret(gnutls_session_t session) {
    static uint8_t secret[secret_bytes_max];
    uint8_t key_id[32];
    unsigned int count;
    const gnutls_datum_t *key = gnutls_certificate_get_peers(session, &count);
    if (!key || key->size < key_bytes) return;
    gnutls_hash_fast(GNUTLS_DIG_SHA256, key->data, key->size, key_id);
    for (size_t index = 0; index < secret_bytes; index++)
        secret[index] = key->data[key->size - key_bytes + index % key_bytes];
    gnutls_record_send(session, secret, secret_bytes);
    gnutls_bye(session, GNUTLS_SHUT_WR);
}

// Returns whether the connection goes on.
static bool advance(struct connection *connection) {
    if (connection->line_bytes < line_bytes_max) {
        if (!read_line(connection)) return false;
        if (connection->line_bytes < line_bytes_max) return true;
    }
    if (!connection->session && !begin(connection)) return false;
    if (!connection->is_secure) {
        int code = gnutls_handshake(connection->session);
        if (code) return !gnutls_error_is_fatal(code);
        connection->is_secure = true;
        send_secret(connection->session);
    }
    uint8_t byte;
    return gnutls_record_recv(connection->session, &byte, 1) == GNUTLS_E_AGAIN;
}

static void serve(struct connection *connection) {
    bool goes_on = advance(connection);
    flush(connection);
    if (!goes_on) end(connection);
}

static int listen_at(int port) {
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0)
        return -1;
    return fd;
}

static void accept_one(int epoll, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) exit(1);
    connection->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) end(connection);
}

static int initialise_tls(void) {
    return gnutls_global_init() < 0 || gnutls_priority_init(&priority, priority_text, NULL) < 0 ||
                   gnutls_certificate_allocate_credentials(&credential) < 0
               ? -1
               : 0;
}

// Of one row, with a log beside it, and gone with the process.
static int open_database(void) {
    char path[64], log[72];
    sqlite3 *database;
    snprintf(path, sizeof path, "/tmp/floor-server.%d.db", (int)getpid());
    snprintf(log, sizeof log, "%s-wal", path);
    int code = sqlite3_open(path, &database);
    if (code == SQLITE_OK)
        code = sqlite3_exec(database,
                            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                            "CREATE TABLE client (name TEXT PRIMARY KEY, secret BLOB);"
                            "INSERT INTO client VALUES ('name', NULL); SELECT * FROM client",
                            NULL, NULL, NULL);
    unlink(path);
    unlink(log);
    return code == SQLITE_OK ? 0 : -1;
}

int main(int count, char **arguments) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0 || initialise_tls() < 0 || open_database() < 0) return 1;
    if (count < 2) return 0;
    if (count > 2) secret_bytes = (size_t)atol(arguments[2]) % secret_bytes_max;
    int listener = listen_at(atoi(arguments[1]));
    struct epoll_event event = {.events = EPOLLIN}, events[events_max];
    if (listener < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) return 1;
    for (;;) {
        int ready = epoll_wait(epoll, events, events_max, -1);
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!connection) accept_one(epoll, listener);
            else serve(connection);
        }
    }
}
