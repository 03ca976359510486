// RFC 8879: what is unpacked may be much larger than what is sent. The server has not offered it.
#include "handmade.h"

void hostile_compressed_certificate(struct hostile *self) {
    // zlib, of 16 MiB; the packed bytes do not matter to who refuses it unread.
    static const unsigned char message[3000] = {0, 1, 0xff, 0xff, 0xff, 0, 0x0b, 0xb0, 0x78, 0x9c};
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_send_hello(&peer) &&
        handmade_send_extensions(&peer)) {
        handmade_send_message(&peer, COMPRESSED_CERTIFICATE, message, sizeof message);
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
