// Multicast DNS (RFC 6762) as somebody on the link of the server may send it.
#ifndef MANDOS_TEST_PEER_MDNS_H
#define MANDOS_TEST_PEER_MDNS_H

#include "hostile.h"

#include <netinet/in.h>

// A packet that is being written.
struct mdns_packet {
    unsigned char bytes[65000];
    size_t size;
};

enum { mdns_response = 0x8400, mdns_a = 1, mdns_ptr = 12, mdns_txt = 16, mdns_aaaa = 28,
       mdns_srv = 33 };

// counts: questions, answers, authorities, additional.
void mdns_begin(struct mdns_packet *packet, unsigned flags, const unsigned counts[4]);
void mdns_number(struct mdns_packet *packet, unsigned number); // of 16 bits
void mdns_name(struct mdns_packet *packet, const char *name);  // “a.b.local”
void mdns_question(struct mdns_packet *packet, const char *name, unsigned type, unsigned category);
void mdns_record(struct mdns_packet *packet, const char *name, unsigned type, const void *data,
                 size_t size);

// A socket for the link over which the connection goes, with that port as its own; 0 for any.
int mdns_socket(const struct hostile *self, in_port_t port);
// The same, with a random address as its own that nobody has. Needs CAP_NET_ADMIN.
int mdns_spoofing_socket(const struct hostile *self);
// To the group. Whatever becomes of it.
void mdns_send(const struct hostile *self, int socket, const struct mdns_packet *packet);

// Asks for a Mandos server as a plain resolver would (section 6.7), and waits a second.
// Returns whether one is found, with its address; then what it and its host are called.
bool mdns_find(const struct hostile *self, char service[256], char host[256]);

bool mdns_is_late(const struct hostile *self);

#endif
