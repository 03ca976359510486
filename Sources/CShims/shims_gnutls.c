#include "shims_gnutls.h"
