/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of several threads, for concurrent histories.  What is under test is how the
 * device and vfio-pci take them, so there is no more order between them than it takes
 * to make one operation of several accesses: calls on one entry exclude each other
 * (assigning an eventfd unmasks in one version and not in another, and changing a mask
 * is reading and writing), calls on different entries, events and polls do not.
 */
#ifndef IRQCTS_VFIO_CONCURRENT_H
#define IRQCTS_VFIO_CONCURRENT_H

#include "functions.h"

/* Whether events may be caused by several threads, each having happened when its call returns. */
bool vfio_concurrent_can(const struct vfio_functions *functions);

int32_t vfio_concurrent_open(struct vfio_functions *functions);
void vfio_concurrent_close(struct vfio_functions *functions);

/* After CONFIGURE: waits for what another processor still holds of the program before, and drops it. */
void vfio_concurrent_begin(struct vfio_functions *functions);

/* MASK, UNMASK, SET_ENTRY, RAISE or POLL of function 0; false for another kind, which needs the device for itself. */
bool vfio_concurrent_execute(struct vfio_functions *functions, const struct irqcts_operation *operation,
                             struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries);

#endif
