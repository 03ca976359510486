// bus-load objects COUNT: calls GetManagedObjects so often, one after the other, and prints how many
//     objects there were each time.
// bus-load changes COUNT RATE: sets a property so often, at so many a second, and waits for the last.
// bus-load deaf: wants to hear everything, and never listens.
// bus-load floor CLIENTS: makes the answer of GetManagedObjects for so many clients, in memory, and
//     prints the CPU time that takes, in microseconds.
//
// Of the server on the bus that DBUS_SYSTEM_BUS_ADDRESS names.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

static void check(int code, const char *what) {
    if (code >= 0) return;
    fprintf(stderr, "bus-load: %s: %s\n", what, strerror(-code));
    exit(1);
}

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void print_length(sd_bus_message *answer) {
    int length = 0;
    check(sd_bus_message_enter_container(answer, 'a', "{oa{sa{sv}}}"), "read");
    while (!sd_bus_message_at_end(answer, 0)) {
        check(sd_bus_message_skip(answer, "{oa{sa{sv}}}"), "read");
        length++;
    }
    printf("%d\n", length);
}

static void objects(sd_bus *bus, int count) {
    for (int i = 0; i < count; i++) {
        sd_bus_message *answer;
        check(sd_bus_call_method(bus, "se.recompile.Mandos", "/",
                                 "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL,
                                 &answer, ""),
              "GetManagedObjects");
        print_length(answer);
        sd_bus_message_unref(answer);
    }
}

// The path of some client.
static char *any_client(sd_bus *bus) {
    sd_bus_message *answer;
    const char *path;
    check(sd_bus_call_method(bus, "se.recompile.Mandos", "/", "se.recompile.Mandos",
                             "GetAllClients", NULL, &answer, ""),
          "GetAllClients");
    check(sd_bus_message_enter_container(answer, 'a', "o"), "read");
    check(sd_bus_message_read_basic(answer, 'o', &path), "read");
    char *copy = strdup(path);
    sd_bus_message_unref(answer);
    return copy;
}

static void changes(sd_bus *bus, int count, double rate) {
    char *path = any_client(bus), host[32];
    double start = seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < count; i++) {
        sd_bus_message *call;
        check(sd_bus_message_new_method_call(bus, &call, "se.recompile.Mandos", path,
                                             "org.freedesktop.DBus.Properties", "Set"),
              "call");
        snprintf(host, sizeof host, "%d", i);
        check(sd_bus_message_append(call, "ssv", "se.recompile.Mandos.Client", "Host", "s", host),
              "call");
        int is_last = i == count - 1;
        if (is_last) check(sd_bus_call(bus, call, 600000000, NULL, NULL), "Set");
        else {
            sd_bus_message_set_expect_reply(call, 0);
            check(sd_bus_send(bus, call, NULL), "send");
            check(sd_bus_flush(bus), "flush");
        }
        sd_bus_message_unref(call);
        double ahead = start + (i + 1) / rate - seconds(CLOCK_MONOTONIC);
        if (ahead > 0) usleep((useconds_t)(ahead * 1e6));
    }
}

static void deaf(sd_bus *bus) {
    check(sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                             "org.freedesktop.DBus", "AddMatch", NULL, NULL, "s",
                             "type='signal'"),
          "AddMatch");
    puts("deaf");
    fflush(stdout);
    pause();
}

static void entry(sd_bus_message *message, const char *name, char type, const void *value) {
    const char signature[] = {type, 0};
    sd_bus_message_open_container(message, 'e', "sv");
    sd_bus_message_append_basic(message, 's', name);
    sd_bus_message_open_container(message, 'v', signature);
    sd_bus_message_append_basic(message, type, value);
    sd_bus_message_close_container(message);
    sd_bus_message_close_container(message);
}

static void entries(sd_bus_message *message, const char *path) {
    const uint64_t span = 300000;
    const int yes = 1;
    const int16_t status = 0;
    for (int i = 0; i < 5; i++) entry(message, "ApprovalDelay", 't', &span);
    for (int i = 0; i < 4; i++) entry(message, "CheckerRunning", 'b', &yes);
    entry(message, "LastCheckerStatus", 'n', &status);
    for (int i = 0; i < 10; i++) entry(message, "LastCheckedOK", 's', "2026-01-01T00:00:00.000000");
    entry(message, "ObjectPath", 'o', path);
}

static void client(sd_bus_message *message, int number) {
    static const char *const interfaces[] = {"org.freedesktop.DBus.Introspectable",
                                             "org.freedesktop.DBus.Properties",
                                             "se.recompile.Mandos.Client",
                                             "se.bsnet.fukt.Mandos.Client"};
    char path[64];
    snprintf(path, sizeof path, "/clients/machine%d", number);
    sd_bus_message_open_container(message, 'e', "oa{sa{sv}}");
    sd_bus_message_append_basic(message, 'o', path);
    sd_bus_message_open_container(message, 'a', "{sa{sv}}");
    for (int i = 0; i < 4; i++) {
        sd_bus_message_open_container(message, 'e', "sa{sv}");
        sd_bus_message_append_basic(message, 's', interfaces[i]);
        sd_bus_message_open_container(message, 'a', "{sv}");
        if (i >= 2) entries(message, path);
        sd_bus_message_close_container(message);
        sd_bus_message_close_container(message);
    }
    sd_bus_message_close_container(message);
    sd_bus_message_close_container(message);
}

static void floor_of(int clients) {
    sd_bus *bus;
    sd_bus_message *message;
    int pair[2];
    check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
    check(sd_bus_new(&bus), "sd_bus_new");
    check(sd_bus_set_fd(bus, pair[0], pair[0]), "sd_bus_set_fd");
    check(sd_bus_start(bus), "sd_bus_start");
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    check(sd_bus_message_new_signal(bus, &message, "/", "a.b", "C"), "message");
    sd_bus_message_open_container(message, 'a', "{oa{sa{sv}}}");
    for (int i = 0; i < clients; i++) client(message, i);
    sd_bus_message_close_container(message);
    check(sd_bus_message_seal(message, 1, 0), "seal");
    printf("%.0f\n", (seconds(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e6);
}

int main(int argc, char **argv) {
    const char *command = argc > 1 ? argv[1] : "";
    if (argc == 3 && !strcmp(command, "floor")) {
        floor_of(atoi(argv[2]));
        return 0;
    }
    sd_bus *bus;
    check(sd_bus_open_system(&bus), "the bus");
    if (argc == 3 && !strcmp(command, "objects")) objects(bus, atoi(argv[2]));
    else if (argc == 4 && !strcmp(command, "changes")) changes(bus, atoi(argv[2]), atof(argv[3]));
    else if (argc == 2 && !strcmp(command, "deaf")) deaf(bus);
    else check(-22, "objects COUNT | changes COUNT RATE | deaf | floor CLIENTS");
    return 0;
}
