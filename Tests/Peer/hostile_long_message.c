// A handshake message may announce 16 MiB, and is kept until it is complete. This one never is.
#include "handmade.h"

#include <string.h>

void hostile_long_message(struct hostile *self) {
    enum { size = 131000, part_size = 13000 };
    unsigned char part[part_size] = {SERVER_HELLO, size >> 16, size >> 8 & 0xff, size & 0xff, 3, 3};
    struct handmade peer;
    if (handmade_begin(&peer, self)) {
        for (size_t sent = 0; sent + part_size < size; sent += part_size)
            if (!handmade_send_record(&peer, HANDSHAKE, part, part_size)) break;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
