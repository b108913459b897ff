/* SPDX-License-Identifier: Apache-2.0 */
/* A PCI function behind the ports of configuration mechanism 1: found, sized, given addresses. */
#ifndef IRQCTS_QEMU_PCI_H
#define IRQCTS_QEMU_PCI_H

#include "qtest.h"

#define PCI_BARS 6u
#define PCI_PORT_BUS 1u /* the bus behind a root port */

struct pci_function {
    uint32_t routing_id;     /* bus << 8 | device << 3 | function */
    uint32_t virtual_number; /* from 1 on; 0: a physical function */
    uint64_t bar_address[PCI_BARS];
    uint64_t bar_size[PCI_BARS];
    uint32_t msix; /* offset of the capability, 0: none */
    uint32_t entries;
    uint32_t table_bar;
    uint32_t table_offset;
    uint32_t pba_bar;
    uint32_t pba_offset;
    uint32_t express; /* offset of the PCI Express capability, 0: none */
    int resettable;   /* it has Function Level Reset */
};

/* Queue one access to configuration space. */
int pci_config_write(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t value,
                     struct problem *problem);
int pci_config_read(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint64_t *value,
                    struct problem *problem);
/* Reads at once. */
int pci_config_get(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t *out,
                   struct problem *problem);

/* Sizes the BARs of the function at `routing_id`, gives each an address from *next on, finds its
 * capabilities. */
int pci_discover(struct pci_function *out, struct qtest *qtest, uint32_t routing_id, uint64_t *next,
                 struct problem *problem);
/* Function Level Reset, of a function that has it; what it forgot is not set up again. */
int pci_function_reset(const struct pci_function *function, struct qtest *qtest, struct problem *problem);
/* Writes the addresses and turns Memory Space and Bus Master on, as after every reset. */
int pci_set_up(const struct pci_function *function, struct qtest *qtest, struct problem *problem);

/* Finds MSI-X and the PCI Express capability; the rest of `function` is known. */
int pci_find_capabilities(struct pci_function *function, struct qtest *qtest, struct problem *problem);
/* Queues what makes a root port pass PCI_PORT_BUS and the memory first .. last (whole MiB) on. */
int pci_open_port(struct qtest *qtest, uint32_t routing_id, uint64_t first, uint64_t last, struct problem *problem);

/* Configuration space from 256 bytes on, once it has been opened (which a system reset undoes). */
int pci_open_extended(struct qtest *qtest, struct problem *problem);
int pci_extended_write(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t value,
                       struct problem *problem);
int pci_extended_get(struct qtest *qtest, uint32_t routing_id, uint32_t offset, uint32_t width, uint32_t *out,
                     struct problem *problem);

#endif
