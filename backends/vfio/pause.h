/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pause, save and restore as a virtual-machine monitor does them for a device
 * whose own driver cannot migrate it.
 *
 * Paused: Function Mask is set through the host's configuration access, so that
 * nothing leaves the function and what happens pends in the device
 * (VWRITE-PAUSED).  The program's own Function Mask is kept beside it meanwhile,
 * and shown in its place.
 *
 * Saved: Message Control, table, pending bits and routes.  Restored: the routes
 * are issued again (SAVE-REARM: the table alone brings none of them back), then
 * table and masks are written.  Pending bits cannot be written (PBA-WRITE), so
 * those that travelled are the monitor's: shown in the PBA, and when the gate
 * opens sent through the kernel's loopback trigger, once.
 */
#ifndef IRQCTS_VFIO_PAUSE_H
#define IRQCTS_VFIO_PAUSE_H

#include "irqcts/operation.h"

#include <stdbool.h>
#include <stdint.h>

struct vfio_backend;
struct vfio_saved; /* saved.h */

#define VFIO_PENDING_WORDS (IRQCTS_ENTRIES_MAX / 64u)

struct vfio_pause {
    bool paused;
    bool function_mask; /* while paused: the program's */
    bool travelled_any;
    uint64_t travelled[VFIO_PENDING_WORDS]; /* pending bits that came with a restored state */
};

/* Message Control as the program sees it, and as it is changed: past a pause (control.c). */
int32_t vfio_control_read(const struct vfio_backend *backend, uint16_t *out);
int32_t vfio_control_change(struct vfio_backend *backend, uint16_t set, uint16_t clear);

void vfio_pause(struct vfio_backend *backend, bool on, struct irqcts_result *result);
void vfio_save(struct vfio_backend *backend, struct vfio_saved **slot, struct irqcts_result *result);
void vfio_restore(struct vfio_backend *backend, const struct vfio_saved *slot, uint32_t corruption,
                  struct irqcts_result *result);

/* Forgets a pause and what travelled: after configure and reset. */
void vfio_pause_forget(struct vfio_backend *backend);

/* Before an operation: what pends in the device too is one event (PEND-COALESCE).
 * After it: sends what travelled and may go now. */
void vfio_travelled_merge(struct vfio_backend *backend);
void vfio_travelled_release(struct vfio_backend *backend);
/* Pending bits that travelled, in the `width` bytes from `offset` of the PBA. */
uint64_t vfio_travelled_bits(const struct vfio_backend *backend, uint64_t offset, uint32_t width);

#endif
