/* SPDX-License-Identifier: Apache-2.0 */
/* Getting hold of a device's file, and saying what is missing where it cannot be had. */
#ifndef IRQCTS_VFIO_OPEN_H
#define IRQCTS_VFIO_OPEN_H

#include "device.h"

/* Fills address, cdev, container, group, file and io_space; what it has opened when it fails stays open, in these. */
int32_t vfio_open_files(struct vfio_device *out, const char *address, enum vfio_interface interface, char *error,
                        size_t error_size);

#endif
