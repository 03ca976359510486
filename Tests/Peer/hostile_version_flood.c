#include "hostile.h"

#include <string.h>

// The server refuses the version at once, and would log a line for each connection.
void hostile_version_flood(struct hostile *self) {
    static const char line[] = "9\r\n";
    if (hostile_send(self, line, strlen(line))) hostile_await_end(self);
}
