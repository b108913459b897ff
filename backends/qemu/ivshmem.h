/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small server that an ivshmem-doorbell device needs.  It plays one more
 * peer, whose eventfds this process holds: a doorbell write with that peer's
 * number and a vector adds one to an eventfd, which is an exact counter.
 */
#ifndef IRQCTS_QEMU_IVSHMEM_H
#define IRQCTS_QEMU_IVSHMEM_H

#include "problem.h"

#include <stdint.h>
#include <sys/types.h>

#define IVSHMEM_DEVICE_ID 0u  /* the QEMU device; 0 makes it migratable */
#define IVSHMEM_COUNTER_ID 1u /* this process */
#define IVSHMEM_DOORBELL 12u  /* in BAR 0: peer << 16 | vector */

struct ivshmem {
    int listener;
    int memory;
    int ready; /* epoll over the counter's eventfds */
    uint32_t counters;
    int *counter_fds;
    uint32_t vectors; /* the device's own, for a device under test */
    int *vector_fds;
};

/* Listens at `path`.  `counters`: eventfds of the peer; `vectors`: those of the device itself. */
int ivshmem_prepare(struct ivshmem *server, const char *path, uint32_t counters, uint32_t vectors,
                    struct problem *problem);
/* QEMU connects while its devices are made, and waits for an answer.  Returns the
 * connection, the caller's to close, or -1.  More than one QEMU may be connected. */
int ivshmem_accept(struct ivshmem *server, pid_t child, struct problem *problem);
/* Hands the eventfds over, as many as there are, to a QEMU whose main loop runs;
 * returns when it has taken the last one. */
int ivshmem_announce(struct ivshmem *server, int connection, struct problem *problem);
/* Calls `found(context, vector, count)` for each counter that is not zero, and zeroes it. */
int ivshmem_collect(struct ivshmem *server, void (*found)(void *context, uint32_t vector, uint32_t count),
                    void *context);
void ivshmem_close(struct ivshmem *server);

#endif
