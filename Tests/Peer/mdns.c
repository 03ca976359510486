// What the hostile kinds of multicast DNS share.
#define _GNU_SOURCE
#include "mdns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { mdns_port = 5353 };

void mdns_number(struct mdns_packet *packet, unsigned number) {
    packet->bytes[packet->size++] = (unsigned char)(number >> 8);
    packet->bytes[packet->size++] = (unsigned char)number;
}

void mdns_begin(struct mdns_packet *packet, unsigned flags, const unsigned counts[4]) {
    packet->size = 0;
    mdns_number(packet, 0);
    mdns_number(packet, flags);
    for (int i = 0; i < 4; i++) mdns_number(packet, counts[i]);
}

void mdns_name(struct mdns_packet *packet, const char *name) {
    while (*name != '\0') {
        size_t length = strcspn(name, ".");
        packet->bytes[packet->size++] = (unsigned char)length;
        memcpy(packet->bytes + packet->size, name, length);
        packet->size += length;
        name += length + (name[length] == '.');
    }
    packet->bytes[packet->size++] = 0;
}

void mdns_question(struct mdns_packet *packet, const char *name, unsigned type,
                   unsigned category) {
    mdns_name(packet, name);
    mdns_number(packet, type);
    mdns_number(packet, category);
}

void mdns_record(struct mdns_packet *packet, const char *name, unsigned type, const void *data,
                 size_t size) {
    mdns_question(packet, name, type, 1);
    mdns_number(packet, 0);
    mdns_number(packet, 120);
    mdns_number(packet, (unsigned)size);
    memcpy(packet->bytes + packet->size, data, size);
    packet->size += size;
}

static bool is_ipv4(const struct hostile *self) {
    return self->options->server.ss_family == AF_INET;
}

// Of our end of the connection.
static unsigned interface_of(const struct hostile *self) {
    struct sockaddr_storage local;
    socklen_t size = sizeof local;
    if (getsockname(self->descriptor, (struct sockaddr *)&local, &size) < 0) return 0;
    struct ifaddrs *all;
    if (getifaddrs(&all) < 0) return 0;
    unsigned index = 0;
    for (struct ifaddrs *one = all; one != NULL && index == 0; one = one->ifa_next) {
        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != local.ss_family) continue;
        bool is_it = is_ipv4(self)
            ? memcmp(&((struct sockaddr_in *)one->ifa_addr)->sin_addr,
                     &((struct sockaddr_in *)&local)->sin_addr, 4) == 0
            : memcmp(&((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr,
                     &((struct sockaddr_in6 *)&local)->sin6_addr, 16) == 0;
        if (is_it) index = if_nametoindex(one->ifa_name);
    }
    freeifaddrs(all);
    return index;
}

static struct sockaddr_storage address(const struct hostile *self, const char *v4, const char *v6,
                                       in_port_t port) {
    struct sockaddr_storage storage = {0};
    if (is_ipv4(self)) {
        struct sockaddr_in *inet = (struct sockaddr_in *)&storage;
        *inet = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        inet_pton(AF_INET, v4, &inet->sin_addr);
    } else {
        struct sockaddr_in6 *inet = (struct sockaddr_in6 *)&storage;
        *inet = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        inet_pton(AF_INET6, v6, &inet->sin6_addr);
        inet->sin6_scope_id = interface_of(self);
    }
    return storage;
}

static void set(int socket, int level, int option, int value) {
    if (setsockopt(socket, level, option, &value, sizeof value) < 0)
        fail("setsockopt: %s", strerror(errno));
}

static int open_socket(const struct hostile *self) {
    int result = socket(self->options->server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (result < 0) fail("socket: %s", strerror(errno));
    set(result, SOL_SOCKET, SO_REUSEADDR, 1);
    set(result, SOL_SOCKET, SO_REUSEPORT, 1);
    unsigned interface = interface_of(self);
    if (is_ipv4(self)) {
        struct ip_mreqn on = {.imr_ifindex = (int)interface};
        setsockopt(result, IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on);
        set(result, IPPROTO_IP, IP_MULTICAST_TTL, 255);
    } else {
        set(result, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)interface);
        set(result, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255);
    }
    return result;
}

static void bind_to(int socket, const struct sockaddr_storage *own) {
    socklen_t size = own->ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                               : sizeof(struct sockaddr_in6);
    if (bind(socket, (const struct sockaddr *)own, size) < 0) fail("bind: %s", strerror(errno));
}

int mdns_socket(const struct hostile *self, in_port_t port) {
    int result = open_socket(self);
    struct sockaddr_storage own = address(self, "0.0.0.0", "::", port);
    bind_to(result, &own);
    return result;
}

int mdns_spoofing_socket(const struct hostile *self) {
    int result = open_socket(self);
    char v4[INET_ADDRSTRLEN], v6[INET6_ADDRSTRLEN];
    unsigned random;
    if (getrandom(&random, sizeof random, 0) < 0) fail("getrandom: %s", strerror(errno));
    snprintf(v4, sizeof v4, "198.51.100.%u", 10 + random % 200);
    snprintf(v6, sizeof v6, "fe80::bad:%x:%x", random >> 16, random & 0xffff);
    if (is_ipv4(self)) set(result, IPPROTO_IP, IP_TRANSPARENT, 1);
    else set(result, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
    struct sockaddr_storage own = address(self, v4, v6, 0);
    bind_to(result, &own);
    return result;
}

void mdns_send(const struct hostile *self, int socket, const struct mdns_packet *packet) {
    struct sockaddr_storage group = address(self, "224.0.0.251", "ff02::fb", mdns_port);
    socklen_t size = is_ipv4(self) ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    sendto(socket, packet->bytes, packet->size, 0, (struct sockaddr *)&group, size);
}

// The name at `at`, as text. 0 if there is none that ends.
static size_t read_name(const unsigned char *packet, size_t size, size_t at, char name[256]) {
    size_t end = 0, length = 0;
    for (int steps = 0; steps < 64 && at < size; steps++) {
        unsigned count = packet[at];
        if (count >= 0xc0 && at + 1 < size) {
            if (end == 0) end = at + 2;
            at = (count & 0x3fu) << 8 | packet[at + 1];
        } else if (count == 0) {
            name[length > 0 ? length - 1 : 0] = '\0';
            return end > 0 ? end : at + 1;
        } else {
            if (at + 1 + count > size || length + count + 1 > 255) return 0;
            memcpy(name + length, packet + at + 1, count);
            length += count;
            name[length++] = '.';
            at += 1 + count;
        }
    }
    return 0;
}

// Takes the names of a service and of its host out of an answer.
static bool read_place(const unsigned char *packet, size_t size, char service[256],
                       char host[256]) {
    char name[256];
    bool has_service = false, has_host = false, has_address = false;
    size_t at = 12;
    if (size < at) return false;
    for (unsigned i = (unsigned)packet[4] << 8 | packet[5]; i > 0; i--)
        if ((at = read_name(packet, size, at, name)) == 0) return false;
        else at += 4;
    for (unsigned i = (unsigned)packet[6] << 8 | packet[7]; i > 0; i--) {
        at = read_name(packet, size, at, name);
        if (at == 0 || at + 10 > size) return false;
        unsigned type = packet[at + 1], length = (unsigned)packet[at + 8] << 8 | packet[at + 9];
        at += 10;
        if (type == mdns_ptr) has_service = read_name(packet, size, at, service) > 0;
        if (type == mdns_srv) has_host = read_name(packet, size, at + 6, host) > 0;
        if (type == mdns_a || type == mdns_aaaa) has_address = true;
        at += length;
    }
    return has_service && has_host && has_address;
}

bool mdns_find(const struct hostile *self, char service[256], char host[256]) {
    int asking = mdns_socket(self, 0);
    struct mdns_packet packet;
    mdns_begin(&packet, 0, (const unsigned[]){1, 0, 0, 0});
    mdns_question(&packet, "_mandos._tcp.local", mdns_ptr, 1);
    mdns_send(self, asking, &packet);
    struct pollfd answer = {.fd = asking, .events = POLLIN};
    bool is_found = false;
    if (poll(&answer, 1, 1000) > 0) {
        unsigned char bytes[9000];
        ssize_t size = recv(asking, bytes, sizeof bytes, MSG_DONTWAIT);
        is_found = size > 0 && read_place(bytes, (size_t)size, service, host);
    }
    close(asking);
    return is_found;
}

bool mdns_is_late(const struct hostile *self) { return now_milliseconds() >= self->deadline; }
