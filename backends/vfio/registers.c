/* SPDX-License-Identifier: Apache-2.0 */
/* The MSI-X structures as the device holds them: table and PBA through the
 * mapped BARs, Message Control through the host's configuration access. */
#define _GNU_SOURCE
#include "backend.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_ATTEMPTS 3

static bool bar_covers(const struct vfio_backend *backend, uint32_t bar, uint64_t offset, uint32_t width)
{
    bool width_is_whole = width == 1 || width == 2 || width == 4 || width == 8;
    return bar < VFIO_DEVICE_BARS && backend->device.bar[bar] != NULL && width_is_whole &&
           offset <= backend->device.regions[bar].size && width <= backend->device.regions[bar].size - offset;
}

/* Accesses past the table are let through while they stay in its BAR and off
 * the PBA: ENTRY-BEYOND is about them. */
bool vfio_table_access(const struct vfio_backend *backend, uint64_t offset, uint32_t width)
{
    const struct vfio_device *device = &backend->device;
    uint64_t table_bytes = (uint64_t)device->entries * IRQCTS_ENTRY_BYTES;
    if (offset > UINT32_MAX || !bar_covers(backend, device->table_bar, device->table_offset + offset, width)) {
        return false;
    }
    return offset + width <= table_bytes || device->pba_bar != device->table_bar ||
           device->pba_offset < device->table_offset || device->table_offset + offset + width <= device->pba_offset;
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

/* A machine has fewer interrupt vectors than a large device has entries.  The
 * entries behind them are assigned message 0 anyway as long as every message has
 * a vector, and an entry that carries another one's address and data fires that
 * one's eventfd. */
static int32_t enable_fewer_vectors(const struct vfio_backend *backend, const int32_t *eventfds)
{
    uint32_t available = backend->device.entries / 2;
    int32_t code = vfio_table_access(backend, 0, 4) ? -ENOSPC : -EACCES;
    /* The kernel does not say how many there are: halve until it agrees. */
    for (; code == -ENOSPC && available > 0 && available >= backend->messages; available /= 2) {
        code = vfio_set_eventfds(&backend->device, 0, available, eventfds);
        code = code > 0 ? -ENOSPC : code;
        if (code == 0) {
            break;
        }
    }
    if (code != 0) {
        return code == -EACCES ? -ENOSPC : code;
    }
    uint32_t bar = backend->device.table_bar;
    uint64_t table = backend->device.table_offset;
    const struct irqcts_message message_0 = {
        .address = vfio_mapped_read(backend, bar, table, 4) | vfio_mapped_read(backend, bar, table + 4, 4) << 32,
        .data = (uint32_t)vfio_mapped_read(backend, bar, table + 8, 4),
    };
    for (uint32_t entry = available; entry < backend->device.entries; entry++) {
        vfio_registers_write_entry(backend, entry, &message_0, 0);
    }
    return 0;
}

int32_t vfio_enable_every_entry(const struct vfio_backend *backend, const int32_t *eventfds)
{
    int32_t code = vfio_set_eventfds(&backend->device, 0, backend->device.entries, eventfds);
    return code > 0 || code == -ENOSPC ? enable_fewer_vectors(backend, eventfds) : code;
}

/* Pending bits are not writable (PBA-WRITE): the way to clear one is to let its
 * message go. */
static int32_t flush_pending(struct vfio_backend *backend)
{
    const struct vfio_device *device = &backend->device;
    int32_t eventfds[IRQCTS_ENTRIES_MAX];
    for (uint32_t entry = 0; entry < device->entries; entry++) {
        eventfds[entry] = backend->deliveries.eventfd[0];
    }
    int32_t code = vfio_enable_every_entry(backend, eventfds);
    if (code < 0) {
        return code;
    }
    uint64_t last;
    code = vfio_deliveries_collect(&backend->deliveries, backend->settle_ns, &last);
    int32_t disabled = vfio_disable_index(device, VFIO_PCI_MSIX_IRQ_INDEX);
    return code < 0 ? code : disabled;
}

void vfio_clear_table(const struct vfio_backend *backend)
{
    const struct vfio_device *device = &backend->device;
    if (!vfio_table_access(backend, 0, 4)) {
        return; /* not mapped: enabling masks every entry, and programs those that are used */
    }
    for (uint32_t entry = 0; entry < device->entries; entry++) {
        uint64_t offset = device->table_offset + (uint64_t)entry * IRQCTS_ENTRY_BYTES;
        vfio_mapped_write(backend, device->table_bar, offset + 12, 4, 1); /* Mask first */
        vfio_mapped_write(backend, device->table_bar, offset, 4, 0);
        vfio_mapped_write(backend, device->table_bar, offset + 4, 4, 0);
        vfio_mapped_write(backend, device->table_bar, offset + 8, 4, 0);
    }
}

static int32_t flush_all_pending(struct vfio_backend *backend)
{
    for (int attempt = 0; vfio_anything_pending(backend); attempt++) {
        int32_t code = attempt == FLUSH_ATTEMPTS ? -EBUSY : flush_pending(backend);
        if (code < 0) {
            return code;
        }
        vfio_clear_table(backend);
    }
    return 0;
}

int32_t vfio_drop_pending(struct vfio_backend *backend)
{
    uint64_t arrived[IRQCTS_ENTRIES_MAX];
    uint64_t last;
    int32_t code = vfio_deliveries_collect(&backend->deliveries, 0, &last);
    memcpy(arrived, backend->deliveries.arrived, sizeof arrived);
    (void)vfio_disable_index(&backend->device, VFIO_PCI_MSIX_IRQ_INDEX); /* EINVAL: it was not enabled */
    code = code < 0 ? code : vfio_host_control(backend, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    if (code == 0) {
        vfio_clear_table(backend);
        code = flush_all_pending(backend);
    }
    memcpy(backend->deliveries.arrived, arrived, sizeof arrived);
    return code;
}

/* A reset proper takes a tenth of a second where it exists at all (PCIe: FLR),
 * so this composes its outcome: everything disabled, masked and not pending. */
int32_t vfio_bring_to_reset(struct vfio_backend *backend)
{
    struct vfio_device *device = &backend->device;
    for (uint32_t index = 0; index <= VFIO_PCI_MSIX_IRQ_INDEX; index++) {
        (void)vfio_disable_index(device, index); /* EINVAL: it was not enabled */
    }
    int32_t code = vfio_device_set_command(device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    if (code < 0) {
        return code;
    }
    code = vfio_host_control(backend, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    if (code < 0 && code != -EACCES) {
        return code;
    }
    vfio_clear_table(backend);
    vfio_stimulus_arm(backend);
    code = flush_all_pending(backend);
    if (code < 0) {
        return code;
    }
    vfio_pause_forget(backend);
    uint64_t last;
    code = vfio_deliveries_collect(&backend->deliveries, 0, &last);
    vfio_deliveries_forget(&backend->deliveries);
    backend->raised_ns = 0;
    return code;
}
