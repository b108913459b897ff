/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* accept4 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int stream_listen(const char *path, struct problem *problem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof(address.sun_path)) {
        (void)problem_set(problem, "the path %s is too long for a socket; set TMPDIR to a shorter folder", path);
    } else {
        memcpy(address.sun_path, path, strlen(path) + 1);
        if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 4) == 0) {
            return fd;
        }
        (void)problem_set(problem, "cannot listen at %s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

int stream_await(int listener, pid_t child, struct problem *problem)
{
    enum { SLICE_MS = 50 };
    struct pollfd ready = {.fd = listener, .events = POLLIN};

    for (int waited = 0; waited < STREAM_TIMEOUT_MS; waited += SLICE_MS) {
        siginfo_t ended = {.si_pid = 0};
        if (poll(&ready, 1, SLICE_MS) == 1) {
            return 0;
        }
        if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == child) {
            return problem_set(problem, "QEMU ended before it was ready");
        }
    }
    return problem_set(problem, "QEMU did not connect within %d s", STREAM_TIMEOUT_MS / 1000);
}

int stream_accept(struct stream *out, int listener, pid_t child, struct problem *problem)
{
    memset(out, 0, sizeof(*out));
    out->fd = -1;
    if (stream_await(listener, child, problem) != 0) {
        return -1;
    }
    out->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return out->fd >= 0 ? 0 : problem_set(problem, "cannot accept QEMU's connection: %s", strerror(errno));
}

static int closed(struct problem *problem)
{
    problem->ended = 1;
    return problem_set(problem, "QEMU closed the connection");
}

/* Receives what is there; 0, or -1 at the end of the connection. */
static int receive(struct stream *stream, struct problem *problem)
{
    ssize_t count;

    if (stream->input_at > 0) {
        memmove(stream->input, stream->input + stream->input_at, stream->input_end - stream->input_at);
        stream->input_end -= stream->input_at;
        stream->input_at = 0;
    }
    if (stream->input_end == sizeof(stream->input)) {
        return problem_set(problem, "QEMU sent a line of more than %zu bytes", sizeof(stream->input));
    }
    count = read(stream->fd, stream->input + stream->input_end, sizeof(stream->input) - stream->input_end);
    if (count > 0) {
        stream->input_end += (size_t)count;
        return 0;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    return closed(problem);
}

int stream_write(struct stream *stream, const char *data, size_t size, struct problem *problem)
{
    while (size > 0) {
        int room = stream->input_end - stream->input_at < sizeof(stream->input);
        struct pollfd ready = {.fd = stream->fd, .events = (short)(POLLOUT | (room ? POLLIN : 0))};
        ssize_t count;
        if (poll(&ready, 1, STREAM_TIMEOUT_MS) < 1) {
            problem->hung = 1;
            return problem_set(problem, "QEMU took no input for %d s", STREAM_TIMEOUT_MS / 1000);
        }
        if ((ready.revents & POLLIN) != 0 && room && receive(stream, problem) != 0) {
            return -1;
        }
        if ((ready.revents & POLLOUT) == 0) {
            if ((ready.revents & (POLLERR | POLLHUP)) != 0) {
                return closed(problem);
            }
            continue;
        }
        count = send(stream->fd, data, size, MSG_NOSIGNAL);
        if (count > 0) {
            data += count;
            size -= (size_t)count;
        } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return closed(problem);
        }
    }
    return 0;
}

int stream_line(char **out, struct stream *stream, struct problem *problem)
{
    for (;;) {
        char *end = memchr(stream->input + stream->input_at, '\n', stream->input_end - stream->input_at);
        struct pollfd ready = {.fd = stream->fd, .events = POLLIN};
        if (end != NULL) {
            *end = '\0';
            *out = stream->input + stream->input_at;
            stream->input_at = (size_t)(end - stream->input) + 1u;
            return 0;
        }
        if (poll(&ready, 1, STREAM_TIMEOUT_MS) < 1) {
            problem->hung = 1;
            return problem_set(problem, "QEMU did not answer within %d s", STREAM_TIMEOUT_MS / 1000);
        }
        if (receive(stream, problem) != 0) {
            return -1;
        }
    }
}

void stream_close(struct stream *stream)
{
    if (stream->fd >= 0) {
        (void)close(stream->fd);
    }
    stream->fd = -1;
}
