#include "handmade.h"

void hostile_key_update_flood(struct hostile *self) {
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_shake_hands(&peer)) {
        while (handmade_update_key(&peer, true)) continue;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
