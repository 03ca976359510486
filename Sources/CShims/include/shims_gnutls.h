// What Swift cannot say of GnuTLS: macros, and names that are an enumerator and a macro at once.
#ifndef CSHIMS_GNUTLS_H
#define CSHIMS_GNUTLS_H

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

// Deduced arguments for gnutls_init(3).
static const unsigned int cshim_gnutls_client_flags = GNUTLS_CLIENT | GNUTLS_NONBLOCK |
                                                      GNUTLS_NO_SIGNAL | GNUTLS_ENABLE_RAWPK |
                                                      GNUTLS_NO_TICKETS | GNUTLS_KEY_SHARE_TOP;
static const unsigned int cshim_gnutls_server_flags =
    GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_ENABLE_RAWPK | GNUTLS_NO_TICKETS;

#endif
