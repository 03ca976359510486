// A machine whose key is known and stolen: it proves who it is, and then takes nothing and leaves
// nothing.
#include "handmade.h"

void hostile_known_client_flood(struct hostile *self) {
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_shake_hands(&peer)) hostile_await_end(self);
    handmade_end(&peer);
}
