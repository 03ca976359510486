#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support.h"

struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_to(int fd, uint32_t source, uint16_t port) {
    struct sockaddr_in address = loopback(0);
    if (source) {
        const int on = 1;
        // Without it, the kernel looks for a port free towards everybody: ip(7).
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        address.sin_addr.s_addr = htonl(0x7f010000 + source);
        if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) return -1;
    }
    address = loopback(port);
    int result = connect(fd, (struct sockaddr *)&address, sizeof address);
    return result < 0 && errno != EINPROGRESS ? -1 : 0;
}

int connect_from(uint32_t source, uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect_to(fd, source, port) == 0) return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}
