/* SPDX-License-Identifier: Apache-2.0 */
#include "devices.h"

#include "ivshmem.h"

#include <string.h>

/* rocker: the register TEST_IRQ of BAR 0 sends the vector that is written to it. */
static int raise_rocker(struct qtest *qtest, const struct pci_function *function, uint32_t entry,
                        struct problem *problem)
{
    enum { TEST_IRQ = 0x20 };
    return qtest_write(qtest, function->bar_address[0] + TEST_IRQ, 4, entry, problem);
}

/* ivshmem: the device rings its own doorbell; the eventfd behind it is read by the main loop. */
static int raise_ivshmem(struct qtest *qtest, const struct pci_function *function, uint32_t entry,
                         struct problem *problem)
{
    return qtest_write(qtest, function->bar_address[0] + IVSHMEM_DOORBELL, 4, IVSHMEM_DEVICE_ID << 16 | entry, problem);
}

const char device_names[] = "rocker, ivshmem, nvme, xhci, vmxnet3, megasas";

const struct device_kind *device_find(const char *name)
{
    static const struct device_kind kinds[] = {
        {.name = "rocker", .argument = "rocker,name=switch", .raise = raise_rocker},
        {.name = "ivshmem", .default_vectors = 64, .raise = raise_ivshmem, .deferred = 1, .migratable = 1},
        {.name = "nvme", .argument = "nvme,serial=irqcts"},
        {.name = "xhci", .argument = "qemu-xhci", .migratable = 1},
        {.name = "vmxnet3", .argument = "vmxnet3", .migratable = 1},
        {.name = "megasas", .argument = "megasas", .migratable = 1},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}
