/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ivshmem.h"

#include "stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SHARED_BYTES = 1 << 16, EVENTS = 256 };

static int *make_eventfds(uint32_t count, struct problem *problem)
{
    int *fds = calloc(count + 1u, sizeof(*fds));

    for (uint32_t i = 0; fds != NULL && i < count; i++) {
        fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fds[i] < 0) {
            (void)problem_set(problem, "no eventfd for vector %u of %u: %s; raise the limit of open files (ulimit -n)",
                              i, count, strerror(errno));
            while (i > 0) {
                (void)close(fds[--i]);
            }
            free(fds);
            return NULL;
        }
    }
    return fds;
}

int ivshmem_prepare(struct ivshmem *server, const char *path, uint32_t counters, uint32_t vectors,
                    struct problem *problem)
{
    memset(server, 0, sizeof(*server));
    server->ready = -1;
    server->memory = memfd_create("irqcts", MFD_CLOEXEC);
    server->listener = stream_listen(path, problem);
    server->counter_fds = make_eventfds(counters, problem);
    server->counters = server->counter_fds != NULL ? counters : 0;
    server->vector_fds = make_eventfds(vectors, problem);
    server->vectors = server->vector_fds != NULL ? vectors : 0;
    server->ready = epoll_create1(EPOLL_CLOEXEC);
    if (server->listener < 0 || server->counter_fds == NULL || server->vector_fds == NULL) {
        return -1;
    }
    if (server->memory < 0 || ftruncate(server->memory, SHARED_BYTES) != 0 || server->ready < 0) {
        return problem_set(problem, "cannot make shared memory: %s", strerror(errno));
    }
    for (uint32_t i = 0; i < counters; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = i}};
        if (epoll_ctl(server->ready, EPOLL_CTL_ADD, server->counter_fds[i], &event) != 0) {
            return problem_set(problem, "cannot watch eventfd %u: %s", i, strerror(errno));
        }
    }
    return 0;
}

/* One message of the protocol: a number, with or without a descriptor. */
static int send_message(int connection, int64_t number, int fd, struct problem *problem)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct iovec data = {&number, sizeof(number)};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    if (fd >= 0) {
        struct cmsghdr *header;
        memset(&control, 0, sizeof(control));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    }
    for (;;) {
        struct pollfd ready = {.fd = connection, .events = POLLOUT};
        if (sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(number)) {
            return 0;
        }
        if ((errno != EAGAIN && errno != ETOOMANYREFS && errno != EINTR) ||
            poll(&ready, 1, STREAM_TIMEOUT_MS) < 0) {
            return problem_set(problem, "cannot hand eventfds to QEMU: %s", strerror(errno));
        }
    }
}

int ivshmem_accept(struct ivshmem *server, pid_t child, struct problem *problem)
{
    int connection;

    if (stream_await(server->listener, child, problem) != 0) {
        return -1;
    }
    connection = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) {
        return problem_set(problem, "cannot accept the ivshmem connection: %s", strerror(errno));
    }
    if (send_message(connection, 0, -1, problem) != 0 || /* protocol version */
        send_message(connection, IVSHMEM_DEVICE_ID, -1, problem) != 0 ||
        send_message(connection, -1, server->memory, problem) != 0) {
        (void)close(connection);
        return -1;
    }
    return connection;
}

/* Its main loop reads them one by one; events on those that it has not taken would be lost. */
static int await_taken(int connection, struct problem *problem)
{
    enum { PAUSE_US = 1000, TRIES = STREAM_TIMEOUT_MS };

    for (int i = 0; i < TRIES; i++) {
        int unread = 0;
        if (ioctl(connection, SIOCOUTQ, &unread) != 0) {
            return problem_set(problem, "cannot ask for unread bytes: %s", strerror(errno));
        }
        if (unread == 0) {
            return 0;
        }
        (void)usleep(PAUSE_US);
    }
    return problem_set(problem, "QEMU did not take its eventfds within %d s", STREAM_TIMEOUT_MS / 1000);
}

int ivshmem_announce(struct ivshmem *server, int connection, struct problem *problem)
{
    for (uint32_t i = 0; i < server->counters; i++) {
        if (send_message(connection, IVSHMEM_COUNTER_ID, server->counter_fds[i], problem) != 0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < server->vectors; i++) {
        if (send_message(connection, IVSHMEM_DEVICE_ID, server->vector_fds[i], problem) != 0) {
            return -1;
        }
    }
    return await_taken(connection, problem);
}

int ivshmem_collect(struct ivshmem *server, void (*found)(void *context, uint32_t vector, uint32_t count),
                    void *context)
{
    struct epoll_event events[EVENTS];
    int count;

    do {
        count = epoll_wait(server->ready, events, EVENTS, 0);
        for (int i = 0; i < count; i++) {
            uint64_t value = 0;
            if (read(server->counter_fds[events[i].data.u32], &value, sizeof(value)) == (ssize_t)sizeof(value)) {
                found(context, events[i].data.u32, (uint32_t)value);
            }
        }
    } while (count > 0);
    return 0;
}

void ivshmem_close(struct ivshmem *server)
{
    for (uint32_t i = 0; i < server->counters; i++) {
        (void)close(server->counter_fds[i]);
    }
    for (uint32_t i = 0; i < server->vectors; i++) {
        (void)close(server->vector_fds[i]);
    }
    free(server->counter_fds);
    free(server->vector_fds);
    if (server->listener > 0) {
        (void)close(server->listener);
    }
    if (server->memory > 0) {
        (void)close(server->memory);
    }
    if (server->ready > 0) {
        (void)close(server->ready);
    }
    memset(server, 0, sizeof(*server));
    server->listener = server->memory = server->ready = -1;
}
