// The key that a machine presents.
#include "peer.h"

#include <gnutls/abstract.h>

static void check(const char *what, int code) {
    if (code < 0) fail("%s: %s", what, gnutls_strerror(code));
}

static gnutls_datum_t public_half(const gnutls_datum_t *pem) {
    gnutls_privkey_t private_key;
    gnutls_pubkey_t public_key;
    gnutls_datum_t result;
    check("private key", gnutls_privkey_init(&private_key));
    check("public key", gnutls_pubkey_init(&public_key));
    check("private key", gnutls_privkey_import_x509_raw(private_key, pem, GNUTLS_X509_FMT_PEM,
                                                        NULL, 0));
    check("public key", gnutls_pubkey_import_privkey(public_key, private_key, 0, 0));
    check("public key", gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_PEM, &result));
    gnutls_pubkey_deinit(public_key);
    gnutls_privkey_deinit(private_key);
    return result;
}

static void load_raw_key(gnutls_certificate_credentials_t credentials, const char *file) {
    gnutls_datum_t pem;
    check(file, gnutls_load_file(file, &pem));
    gnutls_datum_t public_key = public_half(&pem);
    check(file, gnutls_certificate_set_rawpk_key_mem(credentials, &public_key, &pem,
                                                     GNUTLS_X509_FMT_PEM, NULL, 0, NULL, 0, 0));
    gnutls_free(public_key.data);
    gnutls_free(pem.data);
}

struct identity identity_load(const struct options *options) {
    struct identity identity;
    check("credentials", gnutls_certificate_allocate_credentials(&identity.credentials));
    check(options->priority, gnutls_priority_init2(&identity.priority, options->priority, NULL, 0));
    if (options->certificate_file != NULL)
        check(options->certificate_file,
              gnutls_certificate_set_x509_key_file(identity.credentials,
                                                   options->certificate_file, options->key_file,
                                                   GNUTLS_X509_FMT_PEM));
    else if (options->key_file != NULL)
        load_raw_key(identity.credentials, options->key_file);
    return identity;
}
