/* SPDX-License-Identifier: Apache-2.0 */
/* What "key=value,key=value" says to this backend. */
#ifndef IRQCTS_VFIO_OPTIONS_H
#define IRQCTS_VFIO_OPTIONS_H

#include "device.h"

struct vfio_options {
    char device[32];
    char functions[1024]; /* addresses with '+' between them */
    char stimulus[256];
    enum vfio_interface interface;
    bool registers;
    bool beyond; /* accesses behind the table's last entry are let through */
    uint64_t settle_ns; /* 0: measured */
};

extern const char *const vfio_option_help[];

int32_t vfio_options_read(struct vfio_options *out, const char *text, char *error, size_t error_size);

#endif
