/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual functions of a device with the SR-IOV capability: found, given addresses, turned on. */
#ifndef IRQCTS_QEMU_SRIOV_H
#define IRQCTS_QEMU_SRIOV_H

#include "pci.h"

struct sriov {
    uint32_t at; /* offset of the capability in extended configuration space, 0: none */
    uint64_t bar_address[PCI_BARS]; /* of virtual function 0; the others follow, each bar_size on */
    uint64_t bar_size[PCI_BARS];
};

/* Gives the virtual functions' BARs addresses from *next on, turns `count`
 * functions on and describes them in out[0 .. count). */
int sriov_discover(struct sriov *sriov, struct pci_function *out, uint32_t count, const struct pci_function *physical,
                   struct qtest *qtest, uint64_t *next, struct problem *problem);
/* Turns all virtual functions off, then `count` of them on, as after every reset of the physical one. */
int sriov_set_up(const struct sriov *sriov, const struct pci_function *functions, uint32_t count,
                 const struct pci_function *physical, struct qtest *qtest, struct problem *problem);

#endif
