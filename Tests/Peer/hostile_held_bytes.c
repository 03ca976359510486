// As much as the server holds for a stranger: a message and a record that are both incomplete.
#include "handmade.h"

void hostile_held_bytes(struct hostile *self) {
    enum { half = 4000 };
    static const unsigned char part[half] = {SERVER_HELLO, 0, 4096 >> 8, 0, 3, 3};
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_send_record(&peer, HANDSHAKE, part, half) &&
        hostile_send(self, "\x16\x03\x03\x0f\xa0", 5) && hostile_send(self, part, half - 1))
        hostile_await_end(self);
    handmade_end(&peer);
}
