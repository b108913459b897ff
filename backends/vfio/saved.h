/* SPDX-License-Identifier: Apache-2.0 */
/* A function's saved state, and whether one may be restored. */
#ifndef IRQCTS_VFIO_SAVED_H
#define IRQCTS_VFIO_SAVED_H

#include "irqcts/operation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One entry, named by its index: what is missing keeps the state after reset (SAVE-SPARSE). */
struct vfio_saved_entry {
    uint32_t entry;
    uint32_t pending; /* 0 or 1 */
    uint32_t route;   /* the message of its vector; VFIO_NO_ROUTE */
    uint32_t data;
    uint64_t address;
    uint32_t vector_control;
    uint32_t reserved;
};

struct vfio_saved {
    uint64_t bytes; /* of the whole, with its records */
    const void *source; /* whose vectors the messages are: a state fits no other device's */
    uint32_t entries;   /* N */
    uint32_t messages;  /* M */
    uint32_t control;   /* Message Control: Enable and Function Mask */
    uint32_t count;     /* of records, in ascending order of their entries */
    struct vfio_saved_entry records[];
};

/* Room for a state of `entries` entries and for the records that corruption adds; NULL without memory. */
struct vfio_saved *vfio_saved_create(uint32_t entries);

/* A copy made inconsistent (enum irqcts_corruption); NULL without memory. */
struct vfio_saved *vfio_saved_corrupted(const struct vfio_saved *saved, uint32_t corruption);

/* Whether sizes, indices and routes agree with themselves and with a function of
 * N entries and M messages; looked at before anything changes
 * (SAVE-REJECT-INCONSISTENT). */
bool vfio_saved_consistent(const struct vfio_saved *saved, uint32_t entries, uint32_t messages);

#endif
