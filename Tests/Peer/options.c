// The command line.
#include "hostile.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: mandos-test-peer --connect HOST:PORT [OPTION]...\n"
    "Plays machines that boot: each connects, sends the version line, serves one TLS handshake\n"
    "and reads its secret to the end. Prints a line on standard output for each that has ended.\n"
    "\n"
    "  --connect HOST:PORT   the mandos server; HOST is numeric; the last colon counts\n"
    "  --key FILE            private key (PEM) to present as a raw public key\n"
    "  --certificate FILE    present this X.509 certificate (PEM) for the key instead\n"
    "  --priority STRING     of GnuTLS, in place of that of mandos-client\n"
    "  --line TEXT           first bytes to send; knows \\r \\n \\\\ \\xHH (default: 1\\r\\n)\n"
    "  --count N             so many at the same time (default: 1)\n"
    "  --sources N           come from 127.0.1.1 and the N-1 addresses after it, in turn; or from N\n"
    "                        IPv6 networks of 64 bits in fd4d:616e::/32, 64 of each of 48 bits\n"
    "  --bytes-per-second N  after the handshake, read no faster than this from the network\n"
    "  --hang-up-at PHASE    close as soon as PHASE is reached\n"
    "  --stop-at PHASE       do nothing more, but wait for the server to close; prints a line\n"
    "                        “stopped N” when all have come that far or have ended\n"
    "  --vanish-at PHASE     the same, but as if the machine had lost its power: nothing of it answers\n"
    "                        any more, not even its TCP\n"
    "  --reset               hang up with a reset instead of an orderly end\n"
    "  --timeout SECONDS     give up (default: 30)\n"
    "  --relay HOST:PORT     after the line, pass everything on to the TLS server that is there\n"
    "  --hostile KIND        play a peer that means harm on each of --count connections, until\n"
    "                        the server closes or --timeout is over; --key is optional\n"
    "  --again               once a hostile connection has ended, make another one\n"
    "\n"
    "PHASE: connect, line (sent), hello (received), handshaken, secret (has begun)\n";

static const char default_priority[] =
    "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

static const char *const phase_names[] = {
    [STARTED] = "start",      [CONNECTED] = "connect",     [LINE_SENT] = "line",
    [HELLO_SEEN] = "hello",   [HANDSHAKEN] = "handshaken", [SECRET_BEGUN] = "secret",
};

const char *phase_name(enum phase phase) { return phase_names[phase]; }

enum phase phase_named(const char *name) {
    for (enum phase phase = CONNECTED; phase < NEVER; phase++)
        if (strcmp(name, phase_names[phase]) == 0) return phase;
    return NEVER;
}

static enum phase parse_phase(const char *text) {
    enum phase phase = phase_named(text);
    if (phase == NEVER) fail("%s: no such phase", text);
    return phase;
}

static const struct hostile_kind *parse_kind(const char *text) {
    const struct hostile_kind *kind = hostile_kind_named(text);
    if (kind == NULL) fail("%s: no such kind of hostile peer; see --help", text);
    return kind;
}

static void print_help(void) {
    fputs(usage, stdout);
    puts("\nKIND:");
    for (const struct hostile_kind *kind = hostile_kinds; kind->name != NULL; kind++)
        printf("  %-24s%s\n", kind->name, kind->description);
}

static long parse_number(const char *text) {
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < 1) fail("%s: expected a positive number", text);
    return number;
}

static socklen_t parse_address(const char *text, struct sockaddr_storage *address) {
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN];
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        fail("%s: expected HOST:PORT with a numeric HOST", text);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    in_port_t port = htons((uint16_t)parse_number(colon + 1));

    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = port;
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1) fail("%s: not a numeric address", host);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    return sizeof *v6;
}

// In place: the result is never longer.
static size_t unescape(char *text) {
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in != '\\') {
            *out++ = *in;
            continue;
        }
        unsigned byte;
        switch (*++in) {
        case 'r': *out++ = '\r'; break;
        case 'n': *out++ = '\n'; break;
        case '\\': *out++ = '\\'; break;
        case 'x':
            if (sscanf(in + 1, "%2x", &byte) != 1) fail("--line: expected \\xHH");
            *out++ = (char)byte;
            in += 2;
            break;
        default: fail("--line: no escape sequence: \\%c", *in);
        }
    }
    return (size_t)(out - text);
}

static void set_line(struct options *options, const char *text) {
    free(options->line);
    options->line = strdup(text);
    if (options->line == NULL) fail("out of memory");
    options->line_size = unescape(options->line);
}

struct options options_parse(int argc, char **argv) {
    enum { CONNECT, KEY, CERTIFICATE, PRIORITY, LINE, COUNT, SOURCES, RATE, HANG_UP, STOP, VANISH, RESET,
           TIMEOUT, RELAY, HOSTILE, AGAIN, HELP };
    static const struct option table[] = {
        {"connect", 1, NULL, CONNECT},      {"key", 1, NULL, KEY},
        {"certificate", 1, NULL, CERTIFICATE}, {"priority", 1, NULL, PRIORITY},
        {"line", 1, NULL, LINE},            {"count", 1, NULL, COUNT},
        {"sources", 1, NULL, SOURCES},      {"bytes-per-second", 1, NULL, RATE},
        {"hang-up-at", 1, NULL, HANG_UP},   {"stop-at", 1, NULL, STOP},
        {"vanish-at", 1, NULL, VANISH},
        {"reset", 0, NULL, RESET},          {"timeout", 1, NULL, TIMEOUT},
        {"relay", 1, NULL, RELAY},          {"hostile", 1, NULL, HOSTILE},
        {"again", 0, NULL, AGAIN},          {"help", 0, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct options options = {
        .priority = default_priority, .count = 1, .sources = 1, .seconds_max = 30,
        .hang_up_at = NEVER, .stop_at = NEVER,
    };
    set_line(&options, "1\\r\\n");
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (option) {
        case CONNECT: options.server_size = parse_address(optarg, &options.server); break;
        case KEY: options.key_file = optarg; break;
        case CERTIFICATE: options.certificate_file = optarg; break;
        case PRIORITY: options.priority = optarg; break;
        case LINE: set_line(&options, optarg); break;
        case COUNT: options.count = parse_number(optarg); break;
        case SOURCES: options.sources = parse_number(optarg); break;
        case RATE: options.bytes_per_second = parse_number(optarg); break;
        case HANG_UP: options.hang_up_at = parse_phase(optarg); break;
        case STOP: options.stop_at = parse_phase(optarg); break;
        case VANISH:
            options.stop_at = parse_phase(optarg);
            options.vanishes = true;
            break;
        case RESET: options.resets = true; break;
        case TIMEOUT: options.seconds_max = parse_number(optarg); break;
        case RELAY: options.relay_size = parse_address(optarg, &options.relay); break;
        case HOSTILE: options.hostile = parse_kind(optarg); break;
        case AGAIN: options.is_repeating = true; break;
        case HELP: print_help(); exit(0);
        default: fputs(usage, stderr); exit(2);
        }
    }
    if (options.server_size == 0 || optind != argc) {
        fputs(usage, stderr);
        exit(2);
    }
    return options;
}
