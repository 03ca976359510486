// Padding is decrypted before it is thrown away (RFC 8446, section 5.4).
#include "handmade.h"

void hostile_padding(struct hostile *self) {
    static const unsigned char extensions[4096];
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_send_hello(&peer)) {
        peer.record_size = 1;
        peer.padding = record_size_max - 1;
        handmade_send_message(&peer, ENCRYPTED_EXTENSIONS, extensions, sizeof extensions);
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
