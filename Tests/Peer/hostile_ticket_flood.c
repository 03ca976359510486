#include "handmade.h"

void hostile_ticket_flood(struct hostile *self) {
    // Lifetime, age, nonce, a ticket of 64 bytes, extensions: RFC 8446, section 4.6.1.
    static const unsigned char ticket[4 + 4 + 1 + 2 + 64 + 2] = {0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 64};
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_shake_hands(&peer)) {
        while (handmade_send_message(&peer, NEW_SESSION_TICKET, ticket, sizeof ticket)) continue;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
