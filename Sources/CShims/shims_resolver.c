#define _GNU_SOURCE
#include "shims_resolver.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const int cshim_in_progress = EAI_INPROGRESS;

struct cshim_question {
    struct gaicb control;
    struct addrinfo hints;
};

static void tell(union sigval value) {
    uint64_t one = 1;
    if (write(value.sival_int, &one, sizeof one) < 0) return;  // full, so it is told already
}

static void destroy(struct cshim_question *question) {
    if (question->control.ar_result) freeaddrinfo(question->control.ar_result);
    free((void *)question->control.ar_name);
    free(question);
}

struct cshim_question *cshim_ask(const char *host, int eventfd) {
    struct cshim_question *question = calloc(1, sizeof *question);
    if (!question) return NULL;
    question->hints.ai_socktype = SOCK_DGRAM;  // each address once
    question->control.ar_name = strdup(host);
    question->control.ar_request = &question->hints;
    struct gaicb *list[] = {&question->control};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = eventfd};
    event.sigev_notify_function = tell;
    if (question->control.ar_name && getaddrinfo_a(GAI_NOWAIT, list, 1, &event) == 0)
        return question;
    destroy(question);
    return NULL;
}

int cshim_answer(struct cshim_question *question, struct sockaddr_storage *address) {
    int code = gai_error(&question->control);
    if (code) return code;
    const struct addrinfo *first = question->control.ar_result;
    if (!first || first->ai_addrlen > sizeof *address) return EAI_NODATA;
    memcpy(address, first->ai_addr, first->ai_addrlen);
    return 0;
}

int cshim_forget(struct cshim_question *question) {
    if (gai_cancel(&question->control) == EAI_NOTCANCELED) return 0;
    destroy(question);
    return 1;
}

// Of one line of hosts(5): an address, a name, other names, and perhaps a comment.
static int names(char *line, const char *host) {
    char *rest = NULL;
    line[strcspn(line, "#\n")] = 0;
    if (!strtok_r(line, " \t", &rest)) return 0;
    for (const char *name; (name = strtok_r(NULL, " \t", &rest));)
        if (strcasecmp(name, host) == 0) return 1;
    return 0;
}

int cshim_hosts_has(const char *path, const char *host) {
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    char *line = NULL;
    size_t size = 0;
    int found = 0;
    while (!found && getline(&line, &size, file) >= 0) found = names(line, host);
    free(line);
    fclose(file);
    return found;
}
