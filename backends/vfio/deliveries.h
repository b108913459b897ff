/* SPDX-License-Identifier: Apache-2.0 */
/* The messages: one eventfd each, and counting what arrived on them. */
#ifndef IRQCTS_VFIO_DELIVERIES_H
#define IRQCTS_VFIO_DELIVERIES_H

#include "irqcts/operation.h"

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

struct vfio_deliveries {
    int epoll;
    int32_t eventfd[IRQCTS_ENTRIES_MAX];
    uint64_t arrived[IRQCTS_ENTRIES_MAX];
    bool endless; /* collecting found no silence */
};

/* What is to be said then; %s is the device's address. */
#define VFIO_ENDLESS_SENTENCE \
    "%s interrupts without being asked: there was no silence for a second or for twenty times as long as it takes"

/* Has nothing; release works on it. */
void vfio_deliveries_clear(struct vfio_deliveries *deliveries);
/* Makes room for `count` messages, keeping the eventfds that exist; 0 or a
 * negative errno (-EMFILE: too few file descriptors). */
int32_t vfio_deliveries_resize(struct vfio_deliveries *deliveries, uint32_t count);
void vfio_deliveries_release(struct vfio_deliveries *deliveries);

/* Collects what arrives until `settle_ns` pass with nothing arriving.  Sets
 * *out_last_ns to the monotonic time of the last arrival, 0 without one.  A device
 * that never stops ends it with -ETIME, and sets `endless`. */
int32_t vfio_deliveries_collect(struct vfio_deliveries *deliveries, uint64_t settle_ns, uint64_t *out_last_ns);
/* Collects what has arrived by now; 0 or a negative errno. */
int32_t vfio_deliveries_take(struct vfio_deliveries *deliveries);
/* Hands out and forgets what was collected. */
void vfio_deliveries_report(struct vfio_deliveries *deliveries, struct irqcts_delivery_buffer *out);
void vfio_deliveries_forget(struct vfio_deliveries *deliveries);

uint64_t vfio_monotonic_ns(void);

#endif
