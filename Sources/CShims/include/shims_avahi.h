// avahi-core and avahi-common. Nothing of them but the data of a record is beyond Swift.
#ifndef CSHIMS_AVAHI_H
#define CSHIMS_AVAHI_H

#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-core/core.h>
#include <avahi-core/log.h>
#include <avahi-core/publish.h>

#endif
