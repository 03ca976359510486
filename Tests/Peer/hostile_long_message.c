// A handshake message may announce 16 MiB, and is kept until it is complete. This one never is.
#include "handmade.h"

#include <string.h>

void hostile_long_message(struct hostile *self) {
    enum { size = 0xffffff };
    unsigned char part[record_size_max] = {SERVER_HELLO, size >> 16, size >> 8 & 0xff, size & 0xff};
    struct handmade peer;
    if (handmade_begin(&peer, self)) {
        memset(part + 4, 3, sizeof part - 4);
        for (size_t sent = 0; sent + sizeof part < size; sent += sizeof part)
            if (!handmade_send_record(&peer, HANDSHAKE, part, sizeof part)) break;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
