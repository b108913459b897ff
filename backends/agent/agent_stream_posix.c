/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "agent_stream.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
    (void)close(STDIN_FILENO); /* so that a read about to begin fails too */
}

void agent_stream_open(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal; /* without SA_RESTART: a waiting read returns */
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN; /* a harness that is gone shows as a failed write */
    (void)sigaction(SIGPIPE, &action, NULL);
}

int agent_read(void *bytes, size_t size)
{
    char *at = bytes;
    size_t done = 0;

    while (done < size && !ended) {
        ssize_t count = read(STDIN_FILENO, at + done, size - done);
        if (count > 0) {
            done += (size_t)count;
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    if (done == size) {
        return 0;
    }
    return done == 0 ? 1 : -1;
}

int agent_write(const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t count = write(STDOUT_FILENO, at, size);
        if (count >= 0) {
            at += count;
            size -= (size_t)count;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}
