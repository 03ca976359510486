#include "mdns.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static uint64_t state;

// xorshift64*, since a seed is to be the same packets again.
static unsigned below(unsigned limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)(state * 2685821657736338717u >> 33) % limit;
}

// Something that concerns the server: a question, a probe, an answer with its names, a goodbye.
static void compose(struct mdns_packet *packet, const char *service, const char *host) {
    static const unsigned types[] = {mdns_a, mdns_ptr, mdns_txt, mdns_aaaa, mdns_srv, 255, 47};
    static const unsigned categories[] = {1, 0x8001, 255, 3};
    unsigned counts[4];
    for (int i = 0; i < 4; i++) counts[i] = below(4);
    mdns_begin(packet, below(2) ? 0 : mdns_response, counts);
    const char *names[] = {"_mandos._tcp.local", service, host, "_services._dns-sd._udp.local"};
    for (unsigned i = 0; i < counts[0]; i++)
        mdns_question(packet, names[below(4)], types[below(7)], categories[below(4)]);
    for (unsigned i = 0; i < counts[1] + counts[2] + counts[3]; i++) {
        unsigned char data[300];
        size_t size = below(2) ? below(sizeof data) : below(24);
        for (size_t j = 0; j < size; j++) data[j] = (unsigned char)below(256);
        if (below(3) == 0) size = 2, data[0] = 0xc0, data[1] = (unsigned char)below(64);
        mdns_record(packet, names[below(4)], types[below(7)], data, size);
    }
}

static void mutate(struct mdns_packet *packet) {
    for (unsigned i = below(6); i > 0 && packet->size > 0; i--) {
        size_t at = below((unsigned)packet->size);
        switch (below(6)) {
        case 0: packet->bytes[at] = (unsigned char)below(256); break;
        case 1: packet->bytes[at] ^= (unsigned char)(1 << below(8)); break;
        case 2: packet->bytes[at] = below(2) ? 0xff : 0xc0; break;
        case 3: packet->size = at; break;
        case 4: // a slice once more
            if (packet->size > 4000) break;
            memmove(packet->bytes + packet->size, packet->bytes + at, packet->size - at);
            packet->size += packet->size - at;
            break;
        default: packet->bytes[below(12)] = (unsigned char)below(8); break;
        }
    }
}

// Packets that are nearly as they should be.
void hostile_mdns_fuzz(struct hostile *self) {
    if (getrandom(&state, sizeof state, 0) < 0) fail("no random numbers");
    state |= 1;
    printf("seed %llu\n", (unsigned long long)state);
    fflush(stdout);
    char service[256] = "Mandos._mandos._tcp.local", host[256] = "server.local";
    mdns_find(self, service, host);
    int socket = mdns_socket(self, 5353);
    struct mdns_packet packet;
    unsigned long sent = 0;
    for (; !mdns_is_late(self); sent++) {
        compose(&packet, service, host);
        if (below(8)) mutate(&packet);
        mdns_send(self, socket, &packet);
        if (sent % 8 == 0) usleep(1000);
    }
    printf("sent %lu\n", sent);
    close(socket);
}
