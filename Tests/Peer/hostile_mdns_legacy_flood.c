#include "mdns.h"

#include <unistd.h>

// Questions of plain resolvers, whose answers go to addresses that nobody has and so stay in the
// buffer of the server's socket.
void hostile_mdns_legacy_flood(struct hostile *self) {
    struct mdns_packet packet;
    mdns_begin(&packet, 0, (const unsigned[]){1, 0, 0, 0});
    mdns_question(&packet, "_mandos._tcp.local", mdns_ptr, 1);
    while (!mdns_is_late(self)) {
        int socket = mdns_spoofing_socket(self);
        mdns_send(self, socket, &packet);
        close(socket);
        usleep(2000);
    }
}
