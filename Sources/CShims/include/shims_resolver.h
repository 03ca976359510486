// getaddrinfo_a(3), of which glibc declares the essential part for _GNU_SOURCE only.
#ifndef CSHIMS_RESOLVER_H
#define CSHIMS_RESOLVER_H

#include <netdb.h>
#include <sys/socket.h>

// One question to the resolver. It runs in a thread of glibc, which touches nothing else of ours.
struct cshim_question;

// Asks for the addresses of `host`, of any family. Adds 1 to the counter of `eventfd` when there is
// an answer. NULL when there is no memory or no thread.
struct cshim_question *_Nullable cshim_ask(const char *_Nonnull host, int eventfd);

// 0: answered, and the address is stored. EAI_INPROGRESS: not yet. Otherwise it has failed, see
// getaddrinfo(3).
int cshim_answer(struct cshim_question *_Nonnull question,
                 struct sockaddr_storage *_Nonnull address);
extern const int cshim_in_progress;

// Gives it up if it is not answered yet. Returns whether it is gone: if not, the thread is busy with
// it, and this has to be tried again once it is answered.
int cshim_forget(struct cshim_question *_Nonnull question);

// Whether the file at path, which is as in hosts(5), has a line for that name.
int cshim_hosts_has(const char *_Nonnull path, const char *_Nonnull host);

#endif
