// RFC 8446, section 4.4.2: with raw public keys there is one entry at most.
#include "handmade.h"

void hostile_many_certificates(struct hostile *self) {
    static const unsigned char key[44] = {0x30, 42, 0x30, 5, 0x06, 3, 0x2b, 0x65, 0x70, 0x03, 33};
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_send_hello(&peer) &&
        handmade_send_extensions(&peer)) {
        handmade_send_key(&peer, key, sizeof key, 50);
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
