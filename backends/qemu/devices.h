/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of QEMU that the backend knows: how they are made, and how an event is caused in them. */
#ifndef IRQCTS_QEMU_DEVICES_H
#define IRQCTS_QEMU_DEVICES_H

#include "pci.h"

struct device_kind {
    const char *name;
    const char *argument;     /* of -device, without addr=; NULL: an ivshmem-doorbell with a server of ours */
    uint32_t default_vectors; /* of that one; 0: the device decides */
    /* Queues the commands that raise vector `entry`; NULL: no stimulus. */
    int (*raise)(struct qtest *qtest, const struct pci_function *function, uint32_t entry, struct problem *problem);
    /* The event reaches MSI-X only when QEMU's main loop comes to it. */
    int deferred;
    int migratable; /* QEMU saves and restores it */
};

/* NULL when there is none of that name. */
const struct device_kind *device_find(const char *name);
/* Their names, for messages. */
extern const char device_names[];

#endif
