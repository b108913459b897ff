/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view=registers: the device's registers are the test's, the interrupts are the
 * kernel's.  VFIO neither shows what makes a message nor lets its user set
 * Enable, so the register view of the suite could not run on it.  But the kernel
 * programs the table where everyone can read it: enable M vectors once, keep the
 * address and data of each, then put the table and Message Control back to the
 * state after reset behind the kernel's back.  From then on an entry that carries
 * message m's address and data delivers on message m's eventfd, through the
 * machine's real interrupt remapping and the kernel's real handler.
 *
 * This needs the host's configuration access, and a user who may use it.
 */
#include "backend.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

int32_t vfio_learn_messages(struct vfio_backend *backend)
{
    const struct vfio_device *device = &backend->device;
    int32_t code = vfio_set_eventfds(device, 0, backend->messages, backend->deliveries.eventfd);
    if (code != 0) {
        return code < 0 ? code : -ENOSPC;
    }
    code = vfio_host_control(backend, 0, PCI_MSIX_FLAGS_ENABLE);
    if (code < 0) {
        return code;
    }
    for (uint32_t message = 0; message < backend->messages; message++) {
        backend->message[message] = vfio_entry_message(backend, message);
    }
    vfio_clear_table(backend);
    return 0;
}

int32_t vfio_reissue_messages(struct vfio_backend *backend)
{
    struct irqcts_message former[IRQCTS_ENTRIES_MAX];
    memcpy(former, backend->message, sizeof former);
    int32_t code = vfio_learn_messages(backend);
    if (code == 0 && memcmp(former, backend->message, backend->messages * sizeof former[0]) != 0) {
        code = -ESTALE;
    }
    return code;
}

int32_t vfio_registers_start(struct vfio_backend *backend)
{
    int32_t code = vfio_control_change(backend, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    if (code < 0) {
        return code;
    }
    for (uint32_t entry = 0; entry < backend->device.entries; entry++) {
        vfio_entry_write(backend, entry, &backend->message[entry < backend->messages ? entry : 0], 0);
    }
    return vfio_control_change(backend, PCI_MSIX_FLAGS_ENABLE, 0);
}

void vfio_registers_set_entry(struct vfio_backend *backend, uint32_t entry, uint32_t message)
{
    uint32_t control = vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_VECTOR_CTRL);
    vfio_entry_write(backend, entry, &backend->message[message], control);
}
