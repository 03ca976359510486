// library-floor [PORT]
//
// What the libraries of the server cost by themselves: this program initialises them as the server
// does, listens at PORT of 127.0.0.1, and waits; without PORT it ends right after. Whatever the
// server needs more than this in size, memory or time is its own.
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static const char priority_text[] =
    "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

static int initialise_tls(void) {
    static gnutls_priority_t priority;
    static gnutls_certificate_credentials_t credential;
    return gnutls_global_init() < 0 || gnutls_priority_init(&priority, priority_text, NULL) < 0 ||
                   gnutls_certificate_allocate_credentials(&credential) < 0
               ? -1
               : 0;
}

static int listen_at(int port) {
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0)
        return -1;
    return fd;
}

int main(int count, char **arguments) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (epoll < 0 || timer < 0 || initialise_tls() < 0) return 1;
    if (count < 2) return 0;
    if (listen_at(atoi(arguments[1])) < 0) return 1;
    struct epoll_event event;
    for (;;) epoll_wait(epoll, &event, 1, -1);
}
