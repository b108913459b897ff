/* SPDX-License-Identifier: Apache-2.0 */
/* The MSI-X structures as the device holds them: table and PBA through the
 * mapped BARs, Message Control through the host's configuration access. */
#define _GNU_SOURCE
#include "backend.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <unistd.h>

static bool bar_covers(const struct vfio_backend *backend, uint32_t bar, uint64_t offset, uint32_t width)
{
    bool width_is_whole = width == 1 || width == 2 || width == 4 || width == 8;
    return bar < VFIO_DEVICE_BARS && backend->device.bar[bar] != NULL && width_is_whole &&
           offset <= backend->device.regions[bar].size && width <= backend->device.regions[bar].size - offset;
}

/* What is past the table may be any register of the device, with side effects, so
 * accesses there are refused.  With the option beyond=yes they are let through while
 * they stay in the table's BAR and off the PBA: ENTRY-BEYOND is about them. */
bool vfio_table_access(const struct vfio_backend *backend, uint64_t offset, uint32_t width)
{
    const struct vfio_device *device = &backend->device;
    uint64_t table_bytes = (uint64_t)device->entries * IRQCTS_ENTRY_BYTES;
    if (offset > UINT32_MAX || !bar_covers(backend, device->table_bar, device->table_offset + offset, width)) {
        return false;
    }
    if (offset + width <= table_bytes || !backend->beyond) {
        return offset + width <= table_bytes;
    }
    return device->pba_bar != device->table_bar || device->pba_offset < device->table_offset ||
           device->table_offset + offset + width <= device->pba_offset;
}

bool vfio_pba_access(const struct vfio_backend *backend, uint64_t offset, uint32_t width)
{
    const struct vfio_device *device = &backend->device;
    uint64_t pba_bytes = ((uint64_t)device->entries + 63) / 64 * 8;
    return offset + width <= pba_bytes && bar_covers(backend, device->pba_bar, device->pba_offset + offset, width);
}

uint64_t vfio_mapped_read(const struct vfio_backend *backend, uint32_t bar, uint64_t offset, uint32_t width)
{
    const volatile uint8_t *address = (const volatile uint8_t *)backend->device.bar[bar] + offset;
    switch (width) {
    case 1:
        return *address;
    case 2:
        return *(const volatile uint16_t *)address;
    case 4:
        return *(const volatile uint32_t *)address;
    default:
        return *(const volatile uint64_t *)address;
    }
}

void vfio_mapped_write(const struct vfio_backend *backend, uint32_t bar, uint64_t offset, uint32_t width,
                       uint64_t value)
{
    volatile uint8_t *address = (volatile uint8_t *)backend->device.bar[bar] + offset;
    switch (width) {
    case 1:
        *address = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)address = (uint16_t)value;
        break;
    case 4:
        *(volatile uint32_t *)address = (uint32_t)value;
        break;
    default:
        *(volatile uint64_t *)address = value;
        break;
    }
}

int32_t vfio_host_control_read(const struct vfio_backend *backend, uint16_t *out)
{
    const struct vfio_device *device = &backend->device;
    off_t offset = (off_t)device->capability + PCI_MSIX_FLAGS;
    *out = 0;
    if (device->host_configuration < 0 || device->capability == 0) {
        return -EACCES;
    }
    return pread(device->host_configuration, out, sizeof *out, offset) == (ssize_t)sizeof *out ? 0 : -EIO;
}

int32_t vfio_host_control(const struct vfio_backend *backend, uint16_t set, uint16_t clear)
{
    const struct vfio_device *device = &backend->device;
    off_t offset = (off_t)device->capability + PCI_MSIX_FLAGS;
    uint16_t control;
    int32_t code = vfio_host_control_read(backend, &control);
    if (code < 0) {
        return code;
    }
    uint16_t wanted = (uint16_t)((control & ~clear) | set);
    if (wanted == control) {
        return 0;
    }
    return pwrite(device->host_configuration, &wanted, sizeof wanted, offset) == (ssize_t)sizeof wanted ? 0 : -EIO;
}

bool vfio_anything_pending(const struct vfio_backend *backend)
{
    const struct vfio_device *device = &backend->device;
    for (uint64_t offset = 0; vfio_pba_access(backend, offset, 8); offset += 8) {
        if (vfio_mapped_read(backend, device->pba_bar, device->pba_offset + offset, 8) != 0) {
            return true;
        }
    }
    return false;
}

uint32_t vfio_entry_read(const struct vfio_backend *backend, uint32_t entry, uint32_t field)
{
    const struct vfio_device *device = &backend->device;
    uint64_t offset = device->table_offset + (uint64_t)entry * IRQCTS_ENTRY_BYTES + field;
    return (uint32_t)vfio_mapped_read(backend, device->table_bar, offset, 4);
}

static void entry_write(const struct vfio_backend *backend, uint32_t entry, uint32_t field, uint32_t value)
{
    const struct vfio_device *device = &backend->device;
    uint64_t offset = device->table_offset + (uint64_t)entry * IRQCTS_ENTRY_BYTES + field;
    vfio_mapped_write(backend, device->table_bar, offset, 4, value);
}

struct irqcts_message vfio_entry_message(const struct vfio_backend *backend, uint32_t entry)
{
    uint64_t high = vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_UPPER_ADDR);
    return (struct irqcts_message){
        .address = high << 32 | vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_LOWER_ADDR),
        .data = vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_DATA),
    };
}

static void write_masked(const struct vfio_backend *backend, uint32_t entry, const struct irqcts_message *what,
                         uint32_t control)
{
    entry_write(backend, entry, PCI_MSIX_ENTRY_VECTOR_CTRL, control | PCI_MSIX_ENTRY_CTRL_MASKBIT); /* VWRITE-NO-TEAR */
    entry_write(backend, entry, PCI_MSIX_ENTRY_LOWER_ADDR, (uint32_t)what->address);
    entry_write(backend, entry, PCI_MSIX_ENTRY_UPPER_ADDR, (uint32_t)(what->address >> 32));
    entry_write(backend, entry, PCI_MSIX_ENTRY_DATA, what->data);
}

void vfio_entry_control(const struct vfio_backend *backend, uint32_t entry, uint32_t control)
{
    entry_write(backend, entry, PCI_MSIX_ENTRY_VECTOR_CTRL, control);
    (void)vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_VECTOR_CTRL);
}

void vfio_entry_write(const struct vfio_backend *backend, uint32_t entry, const struct irqcts_message *what,
                      uint32_t control)
{
    write_masked(backend, entry, what, control);
    vfio_entry_control(backend, entry, control);
}

void vfio_clear_table(const struct vfio_backend *backend)
{
    const struct irqcts_message nothing = { 0 };
    if (!vfio_table_access(backend, 0, 4)) {
        return; /* not mapped: enabling masks every entry, and programs those that are used */
    }
    for (uint32_t entry = 0; entry < backend->device.entries; entry++) {
        write_masked(backend, entry, &nothing, 0);
    }
}
