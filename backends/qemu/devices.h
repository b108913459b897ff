/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of QEMU that the backend knows: how they are made, and how an event is caused in them. */
#ifndef IRQCTS_QEMU_DEVICES_H
#define IRQCTS_QEMU_DEVICES_H

#include "pci.h"

struct device_kind {
    const char *name;
    const char *argument;     /* of -device, without addr=; NULL: an ivshmem-doorbell with a server of ours */
    const char *since;        /* the first QEMU that has it; NULL: all that are still about */
    const char *before;       /* another -device that it needs, without addr=; NULL: none */
    uint32_t default_vectors; /* of that one; 0: the device decides */
    /* Queues the commands that raise vector `entry`; NULL: no stimulus. */
    int (*raise)(struct qtest *qtest, const struct pci_function *function, uint32_t entry, struct problem *problem);
    /* Queues what satisfies the causes of an event of `entry` without a message; NULL: not possible. */
    int (*withdraw)(struct qtest *qtest, const struct pci_function *function, uint32_t entry, struct problem *problem);
    /* Queues what the device needs before its first event, after every reset; NULL: nothing. */
    int (*arm)(struct qtest *qtest, const struct pci_function *function, struct problem *problem);
    /* The event reaches MSI-X only when QEMU's main loop comes to it. */
    int deferred;
    int repeats;    /* one event may send its message more than once, or later than the next command */
    int only_enabled; /* an event while MSI-X is disabled becomes a pin interrupt, which ends QEMU at the next enable */
    int throttle_us; /* after an event the vector rests so long; the next operation waits for the end of it */
    int migratable; /* QEMU saves and restores it */
    int behind_port; /* it needs a PCI Express root port of its own */
    uint32_t virtual_functions;
    uint32_t virtual_messages; /* of each */
};

/* NULL when there is none of that name. */
const struct device_kind *device_find(const char *name);
/* Their names, for messages. */
extern const char device_names[];

#endif
