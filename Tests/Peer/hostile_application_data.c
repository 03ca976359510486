// A machine has nothing to say after the handshake.
#include "handmade.h"

void hostile_application_data(struct hostile *self) {
    static const unsigned char data[record_size_max];
    struct handmade peer;
    if (handmade_begin(&peer, self) && handmade_shake_hands(&peer)) {
        while (handmade_send_record(&peer, APPLICATION_DATA, data, sizeof data)) continue;
        hostile_await_end(self);
    }
    handmade_end(&peer);
}
