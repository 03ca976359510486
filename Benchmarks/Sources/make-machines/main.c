// make-machines DIRECTORY COUNT
//
// Writes DIRECTORY/machines, the keys of COUNT new machines, for mandos-load, and
// DIRECTORY/clients.conf, in which the server knows them all.
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static FILE *create(const char *directory, const char *name) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
        fail("%s: name too long", directory);
    FILE *file = fopen(path, "wb");
    if (!file) fail("%s: cannot be created", path);
    return file;
}

static void write_client(FILE *file, long number, const struct machine *machine) {
    uint8_t key_id[32], secret[secret_bytes];
    machine_key_id(machine, key_id);
    machine_secret(machine, secret);
    gnutls_datum_t bytes = {secret, sizeof secret}, text;
    need_tls(gnutls_base64_encode2(&bytes, &text), "gnutls_base64_encode2");
    fprintf(file, "\n[machine%ld]\nhost = machine%ld.example\nkey_id = ", number, number);
    for (size_t index = 0; index < sizeof key_id; index++) fprintf(file, "%02x", key_id[index]);
    fprintf(file, "\nsecret = %.*s\n", (int)text.size, text.data);
    gnutls_free(text.data);
}

int main(int count, char **arguments) {
    if (count != 3) fail("usage: make-machines DIRECTORY COUNT");
    long machines = number_argument(arguments[2], "COUNT", 1, 1000000);
    FILE *keys = create(arguments[1], "machines");
    FILE *clients = create(arguments[1], "clients.conf");
    fprintf(clients, "[DEFAULT]\nchecker = :\n");
    for (long number = 1; number <= machines; number++) {
        struct machine machine;
        machine_generate(&machine);
        write_client(clients, number, &machine);
        fwrite(&machine, sizeof machine, 1, keys);
    }
    if (fclose(keys) || fclose(clients)) fail("%s: cannot be written", arguments[1]);
}
