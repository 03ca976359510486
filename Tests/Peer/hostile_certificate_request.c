#include "handmade.h"

void hostile_certificate_request(struct hostile *self) {
    // A context of one byte, and the signature algorithm Ed25519.
    static const unsigned char request[] = {1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 8, 7};
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_shake_hands(&peer)) {
        while (handmade_send_message(&peer, CERTIFICATE_REQUEST, request, sizeof request)) continue;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
