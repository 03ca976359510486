// A ChangeCipherSpec is read and forgotten until the handshake is done (RFC 8446, section 5).
#include "handmade.h"

void hostile_ccs_flood(struct hostile *self) {
    struct handmade peer;
    if (handmade_begin(&peer, self)) {
        while (handmade_send_record(&peer, CHANGE_CIPHER_SPEC, "\x01", 1)) continue;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
