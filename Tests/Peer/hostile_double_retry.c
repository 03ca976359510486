// RFC 8446, section 4.1.4, permits one HelloRetryRequest.
#include "handmade.h"

void hostile_double_retry(struct hostile *self) {
    enum { secp384r1 = 0x0018, secp521r1 = 0x0019 };
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_send_retry(&peer, secp384r1, 0) &&
        handmade_read_hello(&peer))
        handmade_send_retry(&peer, secp521r1, 0);
    hostile_await_end(self);
    handmade_end(&peer);
}
