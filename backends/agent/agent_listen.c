/* SPDX-License-Identifier: Apache-2.0 */
#if !defined(_WIN32)
#  define _GNU_SOURCE /* POLLRDHUP */
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
#  include <poll.h>
#  include <signal.h>
#  include <stdlib.h>
#  include <string.h>
#  include <sys/socket.h>
#  include <sys/wait.h>
#  include <time.h>
#  include <unistd.h>

#  define LOOK_MS 20
#  define PATIENCE_MS 2000 /* before a process without its connection is ended, and again before it is killed */

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

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static void catch_signals(void (*handler)(int))
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler; /* without SA_RESTART: a waiting accept returns */
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        (void)sigaction(numbers[i], &action, NULL);
    }
}

/* The listening socket, or -1 with errno. */
static int open_listener(const struct sockaddr_in *place)
{
    struct sockaddr_in bound;
    socklen_t length = sizeof(bound);
    int yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(listener, (const struct sockaddr *)place, sizeof(*place)) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&bound, &length) == 0) {
        (void)fprintf(stderr, "irqcts-agent: listening on port %u\n", (unsigned)ntohs(bound.sin_port));
        return listener;
    }
    return -1;
}

/* Waits for the end of the process that serves the connection.  The process sees
 * by itself that the other end is gone, and restores the device; one that hangs
 * in its device does not, and is ended. */
static void attend(pid_t child, int connection)
{
    struct pollfd watched = {connection, POLLRDHUP, 0};
    int gone_ms = 0;
    int status = 0;

    while (waitpid(child, &status, WNOHANG) == 0) {
        (void)poll(&watched, 1, LOOK_MS);
        if ((watched.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0 || ended) {
            struct timespec pause = {0, LOOK_MS * 1000000L};
            (void)nanosleep(&pause, NULL); /* poll returns at once from now on */
            gone_ms += LOOK_MS;
        }
        if (gone_ms == PATIENCE_MS || (ended && gone_ms == LOOK_MS)) {
            (void)kill(child, SIGTERM);
        } else if (gone_ms > 2 * PATIENCE_MS) {
            (void)kill(child, SIGKILL);
        }
    }
    if (WIFSIGNALED(status)) {
        (void)fprintf(stderr, "irqcts-agent: the process of a connection was ended by signal %d\n", WTERMSIG(status));
    }
}

/* 0 in the process that serves a connection; the listening one never returns. */
static int serve_connections(int listener)
{
    catch_signals(on_signal);
    while (!ended) {
        int yes = 1;
        int connection = accept(listener, NULL, NULL);
        pid_t child = connection < 0 ? -1 : fork();

        if (child == 0) {
            catch_signals(SIG_DFL);
            (void)close(listener);
            /* Frames are answered one by one: do not wait to fill a packet. */
            (void)setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
            (void)setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
            if (dup2(connection, STDIN_FILENO) < 0 || dup2(connection, STDOUT_FILENO) < 0) {
                _exit(1);
            }
            (void)close(connection);
            return 0;
        }
        if (child > 0) {
            attend(child, connection);
        }
        if (connection >= 0) {
            (void)close(connection);
        }
    }
    exit(0);
}

int agent_listen(const char *place, char *error, size_t error_size)
{
    struct sockaddr_in where;
    int listener;

    if (read_place(place, &where) != 0) {
        (void)snprintf(error, error_size, "--listen %s: it is PORT or ADDRESS:PORT, with an IPv4 address", place);
        return -1;
    }
    listener = open_listener(&where);
    if (listener < 0) {
        (void)snprintf(error, error_size, "--listen %s: %s", place, strerror(errno));
        return -1;
    }
    return serve_connections(listener);
}

#endif
