#include "mdns.h"

#include <unistd.h>

// Honest questions, as many as the link takes.
void hostile_mdns_flood(struct hostile *self) {
    int socket = mdns_socket(self, 5353);
    struct mdns_packet packet;
    mdns_begin(&packet, 0, (const unsigned[]){1, 0, 0, 0});
    mdns_question(&packet, "_mandos._tcp.local", mdns_ptr, 1);
    while (!mdns_is_late(self))
        for (int i = 0; i < 100; i++) mdns_send(self, socket, &packet);
    close(socket);
}
