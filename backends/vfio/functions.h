/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of a program: the device itself is function 0; devices named
 * with the option functions= stand for its virtual functions, each with its own
 * table, its own eventfds and its own stimulus.  What a program finds out about
 * them is about the composition of routes that a virtual-machine monitor makes
 * (a table write and the kernel's interrupts behind it), not about SR-IOV
 * hardware.
 */
#ifndef IRQCTS_VFIO_FUNCTIONS_H
#define IRQCTS_VFIO_FUNCTIONS_H

#include "backend.h"
#include "options.h"

struct vfio_locks;

struct vfio_functions {
    struct vfio_backend *each[IRQCTS_FUNCTIONS_MAX];
    struct irqcts_backend_description description;
    uint32_t count;  /* that are open, with the physical one */
    uint32_t active; /* of the running program */
    bool configured;
    bool several_threads; /* the running history's; see concurrent.h */
    char gone[20]; /* the address of the device that was taken away; "" while all are there */
    struct vfio_locks *locks; /* NULL where there are no concurrent histories */
    struct vfio_saved *slots[IRQCTS_SLOTS_MAX]; /* of the running program, NULL while unused */
};

int32_t vfio_functions_open(struct vfio_functions **out, const struct vfio_options *options, char *error,
                            size_t error_size);
void vfio_functions_close(struct vfio_functions *functions);
/* Lets go of every device once the kernel wants one back, and says which in
 * `gone`: the kernel waits for it, and nothing more can be done with it. */
void vfio_functions_release_unplugged(struct vfio_functions *functions);
/* The address of a device that has interrupted without end since this was asked last, NULL without one. */
const char *vfio_functions_endless(struct vfio_functions *functions);
void vfio_functions_execute(struct vfio_functions *functions, const struct irqcts_operation *operation,
                            struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries);

#endif
