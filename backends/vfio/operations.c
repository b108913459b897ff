/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary in VFIO's terms.  Assigning a message to an entry is giving the
 * vector that message's eventfd; masks are set through the mapped table, because
 * the kernel refuses them through SET_IRQS (VFIO-SET-NOTTY).  With
 * view=registers the routing view is composed from the registers instead.
 */
#define _GNU_SOURCE
#include "backend.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <unistd.h>

#define CAPABILITY_BYTES 12u

static void configure(struct vfio_backend *backend, const struct irqcts_operation *operation,
                      struct irqcts_result *result)
{
    if (operation->entry != backend->device.entries || operation->message > operation->entry ||
        operation->message == 0) {
        result->status = IRQCTS_STATUS_NOT_SUPPORTED;
        return;
    }
    backend->messages = operation->message;
    for (uint32_t entry = 0; entry < backend->device.entries; entry++) {
        backend->route[entry] = VFIO_NO_ROUTE;
    }
    int32_t code = vfio_deliveries_resize(&backend->deliveries, operation->message);
    code = code < 0 ? code : vfio_bring_to_reset(backend);
    if (code == 0 && backend->registers) {
        code = vfio_learn_messages(backend);
    }
    vfio_result_from_errno(result, code);
}

/* The default assignment (ROUTE-DEFAULT-IDENTITY, ROUTE-DEFAULT-SURPLUS); the
 * kernel programs, unmasks and enables.  A driver that starts again gives its
 * vectors back first: while they are in use SET_IRQS exchanges eventfds and
 * leaves the masks as they are. */
static void start(struct vfio_backend *backend, struct irqcts_result *result)
{
    int32_t eventfds[IRQCTS_ENTRIES_MAX];
    uint32_t entries = backend->device.entries;
    if (backend->registers) {
        vfio_result_from_errno(result, vfio_registers_start(backend));
        return;
    }
    for (uint32_t entry = 0; entry < entries; entry++) {
        backend->route[entry] = entry < backend->messages ? entry : 0;
        eventfds[entry] = backend->deliveries.eventfd[backend->route[entry]];
    }
    (void)vfio_disable_index(&backend->device, VFIO_PCI_MSIX_IRQ_INDEX); /* EINVAL: it was not enabled */
    vfio_result_from_errno(result, vfio_enable_every_entry(backend, eventfds));
}

static void set_entry(struct vfio_backend *backend, const struct irqcts_operation *operation,
                      struct irqcts_result *result)
{
    if (operation->message >= backend->messages) {
        result->status = IRQCTS_STATUS_INVALID_PARAMETER; /* there is no such eventfd to hand to the kernel */
        return;
    }
    if (backend->registers) {
        bool exists = operation->entry < backend->device.entries;
        result->status = exists ? IRQCTS_STATUS_OK : IRQCTS_STATUS_INVALID_PARAMETER;
        if (exists) {
            vfio_registers_set_entry(backend, operation->entry, operation->message);
        }
        return;
    }
    if (operation->entry < backend->device.entries && backend->route[operation->entry] == VFIO_NO_ROUTE) {
        result->status = IRQCTS_STATUS_INVALID_STATE; /* before START: SET_IRQS would enable MSI-X with one vector */
        return;
    }
    int32_t code = vfio_set_eventfds(&backend->device, operation->entry, 1,
                                     &backend->deliveries.eventfd[operation->message]);
    if (code == 0) {
        backend->route[operation->entry] = operation->message;
    }
    vfio_result_from_errno(result, code > 0 ? -ENOSPC : code);
}

static void set_mask(const struct vfio_backend *backend, uint32_t entry, bool masked, struct irqcts_result *result)
{
    if (entry >= backend->device.entries) {
        result->status = IRQCTS_STATUS_INVALID_PARAMETER;
        return;
    }
    if (!vfio_table_access(backend, (uint64_t)entry * IRQCTS_ENTRY_BYTES + PCI_MSIX_ENTRY_VECTOR_CTRL, 4)) {
        return;
    }
    uint32_t mask = PCI_MSIX_ENTRY_CTRL_MASKBIT;
    uint32_t control = vfio_entry_read(backend, entry, PCI_MSIX_ENTRY_VECTOR_CTRL);
    vfio_entry_control(backend, entry, masked ? control | mask : control & ~mask); /* PEND-MASK-EFFECTIVE */
    result->status = IRQCTS_STATUS_OK;
}

static void access_table(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                         struct irqcts_result *result)
{
    const struct vfio_device *device = &backend->device;
    if (!vfio_table_access(backend, operation->address, operation->width) ||
        ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0 && !backend->registers)) {
        return; /* the kernel does not say what makes a message */
    }
    uint64_t offset = device->table_offset + operation->address;
    if (operation->kind == IRQCTS_OPERATION_TABLE_WRITE) {
        vfio_mapped_write(backend, device->table_bar, offset, operation->width, operation->value);
        (void)vfio_mapped_read(backend, device->table_bar, device->table_offset, 4); /* posted: wait for it */
    } else {
        result->value = vfio_mapped_read(backend, device->table_bar, offset, operation->width);
    }
    result->status = IRQCTS_STATUS_OK;
}

static void access_pba(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                       struct irqcts_result *result)
{
    const struct vfio_device *device = &backend->device;
    if (!vfio_pba_access(backend, operation->address, operation->width)) {
        return;
    }
    uint64_t offset = device->pba_offset + operation->address;
    if (operation->kind == IRQCTS_OPERATION_PBA_WRITE) {
        vfio_mapped_write(backend, device->pba_bar, offset, operation->width, operation->value);
    } else {
        result->value = vfio_mapped_read(backend, device->pba_bar, offset, operation->width) |
                        vfio_travelled_bits(backend, operation->address, operation->width);
    }
    result->status = IRQCTS_STATUS_OK;
}

/* Where Function Mask is in the `width` bytes from `offset` of configuration space; 0: elsewhere. */
static uint64_t function_mask_bit(const struct vfio_backend *backend, uint64_t offset, uint32_t width)
{
    uint64_t at = backend->device.capability + PCI_MSIX_FLAGS + 1u;
    return offset <= at && at < offset + width ? (uint64_t)(PCI_MSIX_FLAGS_MASKALL >> 8) << (at - offset) * 8u : 0;
}

/* Configuration space as VFIO shows it: it drops writes of the capability
 * (VFIO-CONFIG) and virtualizes the BARs. */
static void access_configuration(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                                 uint64_t offset, struct irqcts_result *result)
{
    const struct vfio_device *device = &backend->device;
    uint64_t value = operation->value;
    if (operation->width > 4 || offset + operation->width > device->regions[VFIO_PCI_CONFIG_REGION_INDEX].size) {
        return;
    }
    int32_t code;
    if (operation->kind == IRQCTS_OPERATION_CONFIG_WRITE) {
        code = vfio_region_write(device, VFIO_PCI_CONFIG_REGION_INDEX, offset, &value, operation->width);
    } else {
        value = 0;
        code = vfio_region_read(device, VFIO_PCI_CONFIG_REGION_INDEX, offset, &value, operation->width);
        uint64_t bit = function_mask_bit(backend, offset, operation->width);
        if (backend->pause.paused) { /* the pause's Function Mask is not the program's */
            value = backend->pause.function_mask ? value | bit : value & ~bit;
        }
        result->value = value;
    }
    vfio_result_from_errno(result, code);
}

/* The capability as the device has it: reads pass through VFIO unchanged, writes
 * need the host's access. */
static void access_capability(struct vfio_backend *backend, const struct irqcts_operation *operation,
                              struct irqcts_result *result)
{
    const struct vfio_device *device = &backend->device;
    uint64_t offset = device->capability + operation->address;
    if (operation->kind == IRQCTS_OPERATION_CAPABILITY_READ) {
        access_configuration(backend, operation, offset, result);
        return;
    }
    if (!backend->registers || operation->width > 4 || operation->address + operation->width > CAPABILITY_BYTES) {
        return;
    }
    uint64_t value = operation->value;
    uint64_t bit = function_mask_bit(backend, offset, operation->width);
    if (backend->pause.paused && bit != 0) {
        backend->pause.function_mask = (value & bit) != 0;
        value |= bit;
    }
    ssize_t written = pwrite(device->host_configuration, &value, operation->width, (off_t)offset);
    vfio_result_from_errno(result, written < 0 ? -errno : 0);
}

static void poll_deliveries(struct vfio_backend *backend, struct irqcts_result *result,
                            struct irqcts_delivery_buffer *deliveries)
{
    uint64_t last;
    int32_t code = vfio_deliveries_collect(&backend->deliveries, backend->settle_ns, &last);
    backend->happening = false;
    vfio_result_from_errno(result, code);
    result->delivery_first = deliveries->count;
    vfio_deliveries_report(&backend->deliveries, deliveries);
    result->delivery_count = deliveries->count - result->delivery_first;
    if (last != 0 && backend->raised_ns != 0 && last > backend->raised_ns) {
        uint64_t latency = last - backend->raised_ns;
        result->latency_ns = latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency;
    }
    backend->raised_ns = 0;
}

static void switch_control(struct vfio_backend *backend, uint16_t bit, bool on, struct irqcts_result *result)
{
    vfio_result_from_errno(result, vfio_control_change(backend, on ? bit : 0, on ? 0 : bit));
}

static void switch_bus_master(struct vfio_backend *backend, bool on, struct irqcts_result *result)
{
    uint16_t bit = PCI_COMMAND_MASTER;
    vfio_result_from_errno(result, vfio_device_set_command(&backend->device, on ? bit : 0, on ? 0 : bit));
}

static void raise_event(struct vfio_backend *backend, uint32_t entry, struct irqcts_result *result)
{
    if (entry < backend->device.entries) {
        vfio_stimulus_raise(backend, entry, result);
    }
}

void vfio_execute(struct vfio_backend *backend, const struct irqcts_operation *operation,
                  struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries)
{
    result->status = IRQCTS_STATUS_NOT_SUPPORTED;
    if (operation->function != 0) {
        return;
    }
    switch (operation->kind) {
    case IRQCTS_OPERATION_CONFIGURE:
        configure(backend, operation, result);
        break;
    case IRQCTS_OPERATION_START:
        start(backend, result);
        break;
    case IRQCTS_OPERATION_SET_ENTRY:
        set_entry(backend, operation, result);
        break;
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
        set_mask(backend, operation->entry, operation->kind == IRQCTS_OPERATION_MASK, result);
        break;
    case IRQCTS_OPERATION_GET_SIZE:
        result->value = backend->device.entries;
        result->status = IRQCTS_STATUS_OK;
        break;
    case IRQCTS_OPERATION_TABLE_READ:
    case IRQCTS_OPERATION_TABLE_WRITE:
        access_table(backend, operation, result);
        break;
    case IRQCTS_OPERATION_PBA_READ:
    case IRQCTS_OPERATION_PBA_WRITE:
        access_pba(backend, operation, result);
        break;
    case IRQCTS_OPERATION_CAPABILITY_READ:
    case IRQCTS_OPERATION_CAPABILITY_WRITE:
        access_capability(backend, operation, result);
        break;
    case IRQCTS_OPERATION_CONFIG_READ:
    case IRQCTS_OPERATION_CONFIG_WRITE:
        access_configuration(backend, operation, operation->address, result);
        break;
    case IRQCTS_OPERATION_FUNCTION_MASK:
        switch_control(backend, PCI_MSIX_FLAGS_MASKALL, operation->value != 0, result);
        break;
    case IRQCTS_OPERATION_ENABLE:
        if (backend->registers) { /* otherwise it is the kernel's: START and SET_IRQS switch it */
            switch_control(backend, PCI_MSIX_FLAGS_ENABLE, operation->value != 0, result);
        }
        break;
    case IRQCTS_OPERATION_BUS_MASTER:
        switch_bus_master(backend, operation->value != 0, result);
        break;
    case IRQCTS_OPERATION_PAUSE:
    case IRQCTS_OPERATION_RESUME:
        vfio_pause(backend, operation->kind == IRQCTS_OPERATION_PAUSE, result);
        break;
    case IRQCTS_OPERATION_RESET:
        vfio_reset(backend, (uint32_t)operation->value, result);
        break;
    case IRQCTS_OPERATION_RAISE:
        raise_event(backend, operation->entry, result);
        break;
    case IRQCTS_OPERATION_WITHDRAW:
        if (operation->entry < backend->device.entries && backend->stimulus != NULL &&
            backend->stimulus->withdraw != NULL) {
            result->status = backend->stimulus->withdraw(backend->stimulus_state, operation->entry);
        }
        break;
    case IRQCTS_OPERATION_POLL:
        poll_deliveries(backend, result, deliveries);
        break;
    default:
        break;
    }
}
