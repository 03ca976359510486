// A machine that is no attacker, but as slow as one: it takes three seconds to answer, as a small
// computer with a large key does.
#include "handmade.h"

#include <unistd.h>

enum { seconds = 3 };

void hostile_slow_handshake(struct hostile *self) {
    struct handmade peer;
    if (handmade_begin(&peer, self)) {
        sleep(seconds);
        if (handmade_shake_hands(&peer)) hostile_await_end(self);
    }
    handmade_end(&peer);
}
