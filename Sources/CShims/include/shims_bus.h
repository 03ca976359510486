// sd-bus, of which Swift can say all that is not variadic, and the events that it waits for.
#ifndef CSHIMS_BUS_H
#define CSHIMS_BUS_H

#include <poll.h>
#include <systemd/sd-bus.h>

#endif
