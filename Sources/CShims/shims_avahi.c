#include "shims_avahi.h"
