#include "shims_bus.h"

int cshim_bus_append_entry(sd_bus_message *message, const char *name, char type,
                           const void *value) {
    const char signature[] = {type, 0};
    int code;
    (void)(  // the first that fails ends the chain with its code
        (code = sd_bus_message_open_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv")) < 0 ||
        (code = sd_bus_message_append_basic(message, SD_BUS_TYPE_STRING, name)) < 0 ||
        (code = sd_bus_message_open_container(message, SD_BUS_TYPE_VARIANT, signature)) < 0 ||
        (code = sd_bus_message_append_basic(message, type, value)) < 0 ||
        (code = sd_bus_message_close_container(message)) < 0 ||
        (code = sd_bus_message_close_container(message)));
    return code;
}
