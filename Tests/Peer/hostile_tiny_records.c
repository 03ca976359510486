// Each encrypted record costs the server a buffer of 16 KiB, however small it is.
#include "handmade.h"

#include <string.h>

void hostile_tiny_records(struct hostile *self) {
    static const unsigned char extensions[60000];
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_send_hello(&peer)) {
        peer.record_size = 1;
        handmade_send_message(&peer, ENCRYPTED_EXTENSIONS, extensions, sizeof extensions);
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
