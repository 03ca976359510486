// GnuTLS keeps a buffer of 16 KiB for each part in which a record arrives.
#include "handmade.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <time.h>

void hostile_one_byte_segments(struct hostile *self) {
    struct handmade peer;
    if (handmade_begin(&peer, self)) {
        int yes = 1;
        setsockopt(self->descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        bool is_open = hostile_send(self, "\x16\x03\x03\x40\x00", 5);
        for (int sent = 1; is_open && sent < record_size_max; sent++) {
            is_open = hostile_send(self, "\x02", 1);
            // So that each byte is read by itself.
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
        }
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
