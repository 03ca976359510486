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

// For gnutls_handshake_set_hook_function(3): a macro with a cast.
static const unsigned int cshim_gnutls_any_message = GNUTLS_HANDSHAKE_ANY;

// gnutls_aead_cipher_init for AES-256-GCM: the type of the algorithm and a function share a name.
static inline int cshim_gnutls_init_aes256_gcm(gnutls_aead_cipher_hd_t *cipher,
                                               const gnutls_datum_t *key) {
    return gnutls_aead_cipher_init(cipher, GNUTLS_CIPHER_AES_256_GCM, key);
}

#endif
