// The table of hostile kinds, and what they share.
#include "hostile.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct hostile_kind hostile_kinds[] = {
    {"huge-rsa", "an RSA key of 65536 bits, modulus and exponent", hostile_huge_rsa, NULL},
    {"large-rsa", "the same with 12288 bits", hostile_large_rsa, NULL},
    {"large-exponent", "the same with 8192 bits, which are too many for the exponent only",
     hostile_large_exponent, NULL},
    {"hello-retry", "a HelloRetryRequest for FFDHE8192", hostile_hello_retry, NULL},
    {"double-retry", "a HelloRetryRequest for P-384, then one for P-521", hostile_double_retry, NULL},
    {"long-message", "a ServerHello of 131000 bytes, all but its end", hostile_long_message, NULL},
    {"held-bytes", "records that are within all limits, the last one never whole",
     hostile_held_bytes, NULL},
    {"one-byte-segments", "a record of 16 KiB, one byte for each segment",
     hostile_one_byte_segments, NULL},
    {"tiny-records", "messages in encrypted records of one byte", hostile_tiny_records, NULL},
    {"padding", "records of one byte and 16 KiB of padding", hostile_padding, NULL},
    {"empty-records", "encrypted records without content", hostile_empty_records, NULL},
    {"alert-flood", "warning alerts without end", hostile_alert_flood, NULL},
    {"ccs-flood", "ChangeCipherSpec without end", hostile_ccs_flood, NULL},
    {"key-update-flood", "KeyUpdate without end, each to be answered", hostile_key_update_flood, NULL},
    {"ticket-flood", "NewSessionTicket without end", hostile_ticket_flood, NULL},
    {"certificate-request", "post-handshake CertificateRequest without end",
     hostile_certificate_request, NULL},
    {"compressed-certificate", "a compressed certificate of 16 MiB",
     hostile_compressed_certificate, NULL},
    {"many-certificates", "a Certificate message with 50 keys", hostile_many_certificates, NULL},
    {"application-data", "data without end after the handshake", hostile_application_data, NULL},
    {"long-cookie", "a HelloRetryRequest with a cookie of 60000 bytes to be sent back",
     hostile_long_cookie, NULL},
    {"version-flood", "an unknown version of the protocol, to be repeated with --again",
     hostile_version_flood, NULL},
    {"mdns-large", "multicast DNS: datagrams of 1.4 to 60 KB", hostile_mdns_large, NULL},
    {"mdns-known-answers", "multicast DNS: questions with all the known answers there is room for",
     hostile_mdns_known_answers, NULL},
    {"mdns-flood", "multicast DNS: honest questions, as many as the link takes",
     hostile_mdns_flood, NULL},
    {"mdns-fuzz", "multicast DNS: packets that are nearly as they should be", hostile_mdns_fuzz, NULL},
    {"mdns-legacy-flood", "multicast DNS: plain resolvers that cannot be answered (as root)",
     hostile_mdns_legacy_flood, NULL},
    {"mdns-conflict", "multicast DNS: claims to the names of the server", hostile_mdns_conflict, NULL},
    {"connect-stall", "connections that send nothing", NULL, hostile_connect_stall},
    {"line-stall", "connections that send their line, and do not answer the handshake", NULL,
     .run_crowd = hostile_line_stall},
    {"many-sources", "the same, each connection from an address of its own", NULL,
     .run_crowd = hostile_many_sources},
    {"slow-handshake", "a handshake with a pause of three seconds", hostile_slow_handshake, NULL},
    {"known-client-flood", "connections that prove the key and stay", hostile_known_client_flood, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct hostile_kind *hostile_kind_named(const char *name) {
    for (const struct hostile_kind *kind = hostile_kinds; kind->name != NULL; kind++)
        if (strcmp(kind->name, name) == 0) return kind;
    return NULL;
}

// Waits until the socket can do that. False once the time is over.
static bool wait_for(struct hostile *self, short events) {
    int64_t left = self->deadline - now_milliseconds();
    struct pollfd socket = {.fd = self->descriptor, .events = events};
    return left > 0 && poll(&socket, 1, left < INT_MAX ? (int)left : INT_MAX) > 0;
}

bool hostile_send(struct hostile *self, const void *bytes, size_t size) {
    for (size_t sent = 0; sent < size;) {
        if (!wait_for(self, POLLOUT)) return false;
        ssize_t count = send(self->descriptor, (const char *)bytes + sent, size - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (count > 0) {
            sent += (size_t)count;
            self->bytes_sent += (uint64_t)count;
        }
    }
    return true;
}

bool hostile_send_line(struct hostile *self) {
    return hostile_send(self, self->options->line, self->options->line_size);
}

bool hostile_receive(struct hostile *self, void *bytes, size_t size) {
    for (size_t received = 0; received < size;) {
        if (!wait_for(self, POLLIN)) return false;
        ssize_t count = recv(self->descriptor, (char *)bytes + received, size - received, 0);
        if (count == 0 || (count < 0 && errno != EINTR)) return false;
        if (count > 0) {
            received += (size_t)count;
            self->bytes_received += (uint64_t)count;
        }
    }
    return true;
}

void hostile_await_end(struct hostile *self) {
    unsigned char byte;
    while (hostile_receive(self, &byte, 1)) continue;
}

bool hostile_has_ended(struct hostile *self) {
    char byte;
    ssize_t count = recv(self->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

static bool begin(struct hostile *self) {
    const struct options *options = self->options;
    self->bytes_sent = self->bytes_received = 0;
    self->descriptor = socket(options->server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->descriptor < 0) fail("socket: %s", strerror(errno));
    connection_choose_source(self->descriptor, options, self->number);
    if (connect(self->descriptor, (const struct sockaddr *)&options->server,
                options->server_size) == 0)
        return true;
    close(self->descriptor);
    return false;
}

// One line for each connection that has ended; with --again, only a sum at the end.
static void *play(void *context) {
    struct hostile *self = context;
    do {
        int64_t start = now_milliseconds();
        if (!begin(self)) {
            usleep(10000);
            continue;
        }
        self->options->hostile->run(self);
        bool has_ended = hostile_has_ended(self);
        close(self->descriptor);
        if (self->options->is_repeating) continue;
        flockfile(stdout);
        printf("hostile=%s end=%s sent=%llu received=%llu milliseconds=%lld\n",
               self->options->hostile->name, has_ended ? "server" : "peer",
               (unsigned long long)self->bytes_sent, (unsigned long long)self->bytes_received,
               (long long)(now_milliseconds() - start));
        fflush(stdout);
        funlockfile(stdout);
    } while (self->options->is_repeating && now_milliseconds() < self->deadline);
    return NULL;
}

void hostile_run(const struct options *options) {
    if (options->hostile->run_crowd != NULL) return options->hostile->run_crowd(options);
    struct hostile *connections = calloc((size_t)options->count, sizeof *connections);
    pthread_t *threads = calloc((size_t)options->count, sizeof *threads);
    pthread_attr_t attributes;
    if (connections == NULL || threads == NULL) fail("out of memory");
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    int64_t deadline = now_milliseconds() + options->seconds_max * 1000;
    for (long i = 0; i < options->count; i++) {
        connections[i] = (struct hostile){.options = options, .number = i, .deadline = deadline};
        int code = pthread_create(&threads[i], &attributes, play, &connections[i]);
        if (code != 0) fail("pthread_create: %s", strerror(code));
    }
    for (long i = 0; i < options->count; i++) pthread_join(threads[i], NULL);
}
