// The cookie of a HelloRetryRequest is sent back in the next ClientHello.
#include "handmade.h"

void hostile_long_cookie(struct hostile *self) {
    enum { secp384r1 = 0x0018, cookie_size = 60000 };
    struct handmade peer;
    if (handmade_begin(&peer, self)) handmade_send_retry(&peer, secp384r1, cookie_size);
    hostile_await_end(self);
    handmade_end(&peer);
}
