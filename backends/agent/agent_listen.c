/* SPDX-License-Identifier: Apache-2.0 */
#if !defined(_WIN32)
#  define _POSIX_C_SOURCE 200809L
#endif
#include "agent_listen.h"

#include <stdio.h>

#if defined(_WIN32)

int agent_listen(const char *place, char *error, size_t error_size)
{
    (void)snprintf(error, error_size, "--listen %s: not on Windows; run the agent behind ssh", place);
    return -1;
}

#else

#  include <arpa/inet.h>
#  include <errno.h>
#  include <netinet/in.h>
#  include <netinet/tcp.h>
#  include <stdlib.h>
#  include <string.h>
#  include <sys/socket.h>
#  include <unistd.h>

static int read_place(const char *place, struct sockaddr_in *out)
{
    char address[INET_ADDRSTRLEN] = "127.0.0.1";
    const char *colon = strrchr(place, ':');
    const char *port = colon == NULL ? place : colon + 1;
    char *end;
    unsigned long number = strtoul(port, &end, 10);

    if (colon != NULL) {
        size_t length = (size_t)(colon - place);
        if (length >= sizeof(address)) {
            return -1;
        }
        memcpy(address, place, length);
        address[length] = '\0';
    }
    memset(out, 0, sizeof(*out));
    out->sin_family = AF_INET;
    out->sin_port = htons((uint16_t)number);
    return *port < '0' || *port > '9' || *end != '\0' || number > 65535 ||
                   inet_pton(AF_INET, address, &out->sin_addr) != 1
               ? -1
               : 0;
}

/* The connection, or -1 with errno. */
static int accept_one(const struct sockaddr_in *place)
{
    struct sockaddr_in bound;
    socklen_t length = sizeof(bound);
    int yes = 1;
    int connection = -1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (listener < 0) {
        return -1;
    }
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(listener, (const struct sockaddr *)place, sizeof(*place)) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&bound, &length) == 0) {
        (void)fprintf(stderr, "irqcts-agent: listening on port %u\n", (unsigned)ntohs(bound.sin_port));
        connection = accept(listener, NULL, NULL);
    }
    if (connection >= 0) { /* frames are answered one by one: do not wait to fill a packet */
        (void)setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    }
    (void)close(listener);
    return connection;
}

int agent_listen(const char *place, char *error, size_t error_size)
{
    struct sockaddr_in where;
    int connection;

    if (read_place(place, &where) != 0) {
        (void)snprintf(error, error_size, "--listen %s: it is PORT or ADDRESS:PORT, with an IPv4 address", place);
        return -1;
    }
    connection = accept_one(&where);
    if (connection < 0 || dup2(connection, STDIN_FILENO) < 0 || dup2(connection, STDOUT_FILENO) < 0) {
        (void)snprintf(error, error_size, "--listen %s: %s", place, strerror(errno));
        return -1;
    }
    (void)close(connection);
    return 0;
}

#endif
