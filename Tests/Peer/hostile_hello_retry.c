// A HelloRetryRequest makes the server compute a key share of the group that it names.
#include "handmade.h"

void hostile_hello_retry(struct hostile *self) {
    enum { ffdhe8192 = 0x0104 };
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_send_retry(&peer, ffdhe8192, 0))
        handmade_read_hello(&peer);
    hostile_await_end(self);
    handmade_end(&peer);
}
