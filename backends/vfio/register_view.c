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

#define ADDRESS 0u
#define DATA 8u
#define VECTOR_CONTROL 12u
#define MASK_BIT 1u

static uint64_t entry_offset(const struct vfio_backend *backend, uint32_t entry)
{
    return backend->device.table_offset + (uint64_t)entry * IRQCTS_ENTRY_BYTES;
}

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
        uint64_t offset = entry_offset(backend, message);
        uint64_t low = vfio_mapped_read(backend, device->table_bar, offset + ADDRESS, 4);
        uint64_t high = vfio_mapped_read(backend, device->table_bar, offset + ADDRESS + 4, 4);
        backend->message[message] = (struct irqcts_message){
            .address = high << 32 | low,
            .data = (uint32_t)vfio_mapped_read(backend, device->table_bar, offset + DATA, 4),
        };
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

void vfio_registers_write_entry(const struct vfio_backend *backend, uint32_t entry, const struct irqcts_message *what,
                                uint64_t control)
{
    uint64_t offset = entry_offset(backend, entry);
    uint32_t bar = backend->device.table_bar;
    vfio_mapped_write(backend, bar, offset + VECTOR_CONTROL, 4, control | MASK_BIT); /* VWRITE-NO-TEAR */
    vfio_mapped_write(backend, bar, offset + ADDRESS, 4, what->address & UINT32_MAX);
    vfio_mapped_write(backend, bar, offset + ADDRESS + 4, 4, what->address >> 32);
    vfio_mapped_write(backend, bar, offset + DATA, 4, what->data);
    vfio_mapped_write(backend, bar, offset + VECTOR_CONTROL, 4, control);
    (void)vfio_mapped_read(backend, bar, offset + VECTOR_CONTROL, 4); /* posted: wait for it */
}

int32_t vfio_registers_start(struct vfio_backend *backend)
{
    int32_t code = vfio_control_change(backend, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    if (code < 0) {
        return code;
    }
    for (uint32_t entry = 0; entry < backend->device.entries; entry++) {
        vfio_registers_write_entry(backend, entry, &backend->message[entry < backend->messages ? entry : 0], 0);
    }
    return vfio_control_change(backend, PCI_MSIX_FLAGS_ENABLE, 0);
}

void vfio_registers_set_entry(struct vfio_backend *backend, uint32_t entry, uint32_t message)
{
    uint64_t control = vfio_mapped_read(backend, backend->device.table_bar,
                                        entry_offset(backend, entry) + VECTOR_CONTROL, 4);
    vfio_registers_write_entry(backend, entry, &backend->message[message], control);
}
