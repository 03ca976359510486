#include "handmade.h"

void hostile_alert_flood(struct hostile *self) {
    struct handmade peer;
    if (handmade_begin(&peer, self)) {
        // A warning, “user_canceled”: RFC 8446, section 6.1.
        while (handmade_send_record(&peer, ALERT, "\x01\x5a", 2)) continue;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
