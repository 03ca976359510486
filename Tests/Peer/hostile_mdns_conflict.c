#include "mdns.h"

#include <stdio.h>
#include <unistd.h>

static void claim_host(const struct hostile *self, int socket, const char *host) {
    struct mdns_packet packet;
    mdns_begin(&packet, mdns_response, (const unsigned[]){0, 2, 0, 0});
    mdns_record(&packet, host, mdns_a, "\1\2\3\4", 4);
    mdns_record(&packet, host, mdns_aaaa, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10", 16);
    mdns_send(self, socket, &packet);
}

static void claim_service(const struct hostile *self, int socket, const char *service) {
    struct mdns_packet packet;
    mdns_begin(&packet, mdns_response, (const unsigned[]){0, 1, 0, 0});
    mdns_record(&packet, service, mdns_srv, "\0\0\0\0\0\1\3foo\0", 11);
    mdns_send(self, socket, &packet);
}

// Claims the names of the service and of its host, as they are now, again and again, and counts how
// often a server is to be found all the same.
void hostile_mdns_conflict(struct hostile *self) {
    char service[256] = "Mandos._mandos._tcp.local", host[256] = "";
    int socket = mdns_socket(self, 5353);
    long asked = 0, found = 0;
    while (!mdns_is_late(self)) {
        for (int i = 0; i < 2; i++) {
            claim_service(self, socket, service);
            if (host[0] != '\0') claim_host(self, socket, host);
            usleep(300000);
        }
        asked++;
        if (mdns_find(self, service, host)) found++;
        usleep(600000);
    }
    printf("asked %ld, found %ld\n", asked, found);
    fflush(stdout);
    close(socket);
}
