/* SPDX-License-Identifier: Apache-2.0 */
#include "real_device.h"

#include <stddef.h>

enum { CONFIG_BYTES = 4096, PENDING_PER_QWORD = 64 };

static uint64_t bit(uint32_t kind)
{
    return UINT64_C(1) << kind;
}

uint64_t irqcts_real_operations(const struct irqcts_real_device *device)
{
    uint64_t operations = bit(IRQCTS_OPERATION_CONFIGURE) | bit(IRQCTS_OPERATION_START);

    operations |= device->raise != NULL ? bit(IRQCTS_OPERATION_RAISE) : 0;
    operations |= device->withdraw != NULL ? bit(IRQCTS_OPERATION_WITHDRAW) : 0;
    operations |= device->config_read != NULL ? bit(IRQCTS_OPERATION_CONFIG_READ) : 0;
    operations |= device->config_read != NULL && device->capability != 0 ? bit(IRQCTS_OPERATION_CAPABILITY_READ) : 0;
    operations |= device->table != NULL ? bit(IRQCTS_OPERATION_TABLE_READ) : 0;
    operations |= device->pba != NULL ? bit(IRQCTS_OPERATION_PBA_READ) : 0;
    return operations;
}

static irqcts_ntstatus route(const struct irqcts_real_device *device, uint16_t kind, uint32_t entry, uint32_t message)
{
    const struct irqcts_operation operation = {.kind = kind, .entry = entry, .message = message};
    uint64_t value;

    return device->route(device->context, &operation, &value);
}

static irqcts_ntstatus route_all(const struct irqcts_real_device *device, uint16_t kind)
{
    irqcts_ntstatus status = IRQCTS_NT_SUCCESS;

    for (uint32_t entry = 0; entry < device->entries && status >= 0; entry++) {
        status = route(device, kind, entry, entry < device->messages ? entry : 0);
    }
    return status;
}

static irqcts_ntstatus configure(const struct irqcts_real_device *device, const struct irqcts_operation *operation)
{
    irqcts_ntstatus status = IRQCTS_NT_SUCCESS;

    if (operation->entry != device->entries || operation->message != device->messages || operation->value != 0) {
        return IRQCTS_NT_INVALID_PARAMETER; /* it is what it is */
    }
    if (device->entries == 0) {
        return status;
    }
    if (device->arm != NULL) {
        status = device->arm(device->context);
    }
    if (status >= 0) {
        status = route_all(device, IRQCTS_OPERATION_SET_ENTRY);
    }
    if (status >= 0) { /* what pends from before goes out now */
        status = route_all(device, IRQCTS_OPERATION_UNMASK);
    }
    device->forget(device->context);
    return status < 0 ? status : route_all(device, IRQCTS_OPERATION_MASK);
}

/* Registers are little-endian, as every processor is that Windows runs on, and read at their own width. */
static irqcts_ntstatus read_mapped(const volatile void *base, uint64_t size, const struct irqcts_operation *operation,
                                   uint64_t *value)
{
    const volatile uint8_t *from;

    if (base == NULL) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    if (operation->width == 0 || operation->width > size || operation->address > size - operation->width ||
        operation->address % operation->width != 0) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    from = (const volatile uint8_t *)base + operation->address;
    switch (operation->width) {
    case 1:
        *value = *from;
        return IRQCTS_NT_SUCCESS;
    case 2:
        *value = *(const volatile uint16_t *)(const volatile void *)from;
        return IRQCTS_NT_SUCCESS;
    case 4:
        *value = *(const volatile uint32_t *)(const volatile void *)from;
        return IRQCTS_NT_SUCCESS;
    case 8:
        *value = *(const volatile uint64_t *)(const volatile void *)from;
        return IRQCTS_NT_SUCCESS;
    default:
        return IRQCTS_NT_INVALID_PARAMETER;
    }
}

static irqcts_ntstatus read_config(const struct irqcts_real_device *device, const struct irqcts_operation *operation,
                                   uint32_t base, uint64_t *value)
{
    uint32_t width = operation->width;
    uint32_t observed = 0;
    irqcts_ntstatus status;

    if (device->config_read == NULL) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    if ((width != 1 && width != 2 && width != 4) || operation->address > CONFIG_BYTES - width - base) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    status = device->config_read(device->context, base + (uint32_t)operation->address, width, &observed);
    *value = observed;
    return status;
}

irqcts_ntstatus irqcts_real_operate(const struct irqcts_real_device *device, const struct irqcts_operation *operation,
                                    uint64_t *value)
{
    uint64_t table_bytes = (uint64_t)device->entries * IRQCTS_ENTRY_BYTES;
    uint64_t pba_bytes = (device->entries + PENDING_PER_QWORD - 1u) / PENDING_PER_QWORD * UINT64_C(8);

    *value = 0;
    if (operation->function != 0) {
        return IRQCTS_NT_INVALID_PARAMETER; /* on Windows a virtual function is a device of its own */
    }
    switch (operation->kind) {
    case IRQCTS_OPERATION_CONFIGURE:
        return configure(device, operation);
    case IRQCTS_OPERATION_START:
        return device->entries > 0 ? route_all(device, IRQCTS_OPERATION_UNMASK)
                                   : IRQCTS_NT_INSUFFICIENT_RESOURCES;
    case IRQCTS_OPERATION_RAISE:
        return device->raise == NULL                  ? IRQCTS_NT_NOT_SUPPORTED
               : operation->entry >= device->entries ? IRQCTS_NT_INVALID_PARAMETER
                                                      : device->raise(device->context, operation->entry);
    case IRQCTS_OPERATION_WITHDRAW:
        return device->withdraw == NULL               ? IRQCTS_NT_NOT_SUPPORTED
               : operation->entry >= device->entries ? IRQCTS_NT_INVALID_PARAMETER
                                                      : device->withdraw(device->context, operation->entry);
    case IRQCTS_OPERATION_TABLE_READ:
        return read_mapped(device->table, table_bytes, operation, value);
    case IRQCTS_OPERATION_PBA_READ:
        return read_mapped(device->pba, pba_bytes, operation, value);
    case IRQCTS_OPERATION_CAPABILITY_READ:
        return device->capability != 0 ? read_config(device, operation, device->capability, value)
                                       : IRQCTS_NT_NOT_SUPPORTED;
    case IRQCTS_OPERATION_CONFIG_READ:
        return read_config(device, operation, 0, value);
    default:
        return IRQCTS_NT_NOT_SUPPORTED;
    }
}
