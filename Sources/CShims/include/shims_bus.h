// sd-bus, of which Swift can say all that is not variadic, and the events that it waits for.
#ifndef CSHIMS_BUS_H
#define CSHIMS_BUS_H

#include <poll.h>
#include <systemd/sd-bus.h>

// One entry of an a{sv}: a name, and a value of a basic type as for sd_bus_message_append_basic(3).
// An answer can have hundreds of thousands of them, hence a single call for each.
int cshim_bus_append_entry(sd_bus_message *_Nonnull message, const char *_Nonnull name, char type,
                           const void *_Nonnull value);

#endif
