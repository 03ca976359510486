#include "handmade.h"

void hostile_empty_records(struct hostile *self) {
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_shake_hands(&peer)) {
        while (handmade_send_record(&peer, APPLICATION_DATA, "", 0)) continue;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
