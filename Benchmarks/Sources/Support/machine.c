#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "support.h"

const unsigned int machine_session_flags =
    GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_ENABLE_RAWPK | GNUTLS_NO_TICKETS;

void machine_generate(struct machine *machine) {
    gnutls_privkey_t key;
    gnutls_datum_t public, private;
    need_tls(gnutls_privkey_init(&key), "gnutls_privkey_init");
    need_tls(gnutls_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 256, 0),
             "gnutls_privkey_generate");
    need_tls(gnutls_privkey_export_ecc_raw(key, NULL, &public, NULL, &private),
             "gnutls_privkey_export_ecc_raw");
    if (public.size != sizeof machine->public_key || private.size != sizeof machine->private_key)
        fail("gnutls_privkey_export_ecc_raw: not an Ed25519 key");
    memcpy(machine->public_key, public.data, public.size);
    memcpy(machine->private_key, private.data, private.size);
    gnutls_free(public.data);
    gnutls_free(private.data);
    gnutls_privkey_deinit(key);
}

void machine_key_id(const struct machine *machine, uint8_t key_id[32]) {
    // What stands before the key itself in a SubjectPublicKeyInfo: RFC 8410, section 4.
    uint8_t info[12 + 32] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21};
    memcpy(info + 12, machine->public_key, 32);
    need_tls(gnutls_hash_fast(GNUTLS_DIG_SHA256, info, sizeof info, key_id), "gnutls_hash_fast");
}

void machine_secret(const struct machine *machine, uint8_t *secret) {
    for (size_t index = 0; index < machine->secret_bytes; index++)
        secret[index] = machine->public_key[index % sizeof machine->public_key];
}

gnutls_certificate_credentials_t machine_credential(const struct machine *machine) {
    gnutls_datum_t public = {(uint8_t *)machine->public_key, sizeof machine->public_key};
    gnutls_datum_t private = {(uint8_t *)machine->private_key, sizeof machine->private_key};
    gnutls_pubkey_t public_key;
    gnutls_privkey_t private_key;
    gnutls_pcert_st certificate;
    gnutls_certificate_credentials_t credential;
    need_tls(gnutls_pubkey_init(&public_key), "gnutls_pubkey_init");
    need_tls(gnutls_pubkey_import_ecc_raw(public_key, GNUTLS_ECC_CURVE_ED25519, &public, NULL),
             "gnutls_pubkey_import_ecc_raw");
    need_tls(gnutls_pcert_import_rawpk(&certificate, public_key, 0), "gnutls_pcert_import_rawpk");
    need_tls(gnutls_privkey_init(&private_key), "gnutls_privkey_init");
    need_tls(gnutls_privkey_import_ecc_raw(private_key, GNUTLS_ECC_CURVE_ED25519, &public, NULL,
                                           &private),
             "gnutls_privkey_import_ecc_raw");
    need_tls(gnutls_certificate_allocate_credentials(&credential),
             "gnutls_certificate_allocate_credentials");
    // Both keys belong to the credential from here on.
    need_tls(gnutls_certificate_set_key(credential, NULL, 0, &certificate, 1, private_key),
             "gnutls_certificate_set_key");
    return credential;
}
