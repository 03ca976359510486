#define _GNU_SOURCE
#include "shims_resolver.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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
