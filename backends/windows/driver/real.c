/* SPDX-License-Identifier: Apache-2.0 */
/* A real device, as dispatch/real_device.c reaches it. */
#include "driver.h"

/* Before the first program says how long: longer than any interrupt takes. */
enum { FIRST_SETTLE_US = 100000 };

static irqcts_ntstatus route(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    return driver_route(context, operation, IRQCTS_WINDOWS_PASSIVE, value);
}

static void forget(void *context)
{
    struct irqcts_device *device = context;

    driver_settle(device, device->settle_us);
    for (ULONG message = 0; message < IRQCTS_ENTRIES_MAX; message++) {
        (void)InterlockedExchange(&device->counts[message], 0);
    }
}

static irqcts_ntstatus arm(void *context)
{
    const struct irqcts_device *device = context;

    return device->stimulus.Arm(device->stimulus.Context);
}

static irqcts_ntstatus raise(void *context, uint32_t entry)
{
    const struct irqcts_device *device = context;

    return device->stimulus.Raise(device->stimulus.Context, entry);
}

static irqcts_ntstatus withdraw(void *context, uint32_t entry)
{
    const struct irqcts_device *device = context;

    return device->stimulus.Withdraw(device->stimulus.Context, entry);
}

static irqcts_ntstatus config_read(void *context, uint32_t offset, uint32_t width, uint32_t *value)
{
    const struct irqcts_device *device = context;
    UCHAR bytes[sizeof(*value)] = {0};

    *value = 0;
    if (device->bus.GetBusData(device->bus.Context, PCI_WHICHSPACE_CONFIG, bytes, offset, width) != width) {
        return STATUS_INVALID_PARAMETER; /* beyond what the device or its bus has */
    }
    RtlCopyMemory(value, bytes, sizeof(*value));
    return STATUS_SUCCESS;
}

void driver_prepare_real(struct irqcts_device *device)
{
    int routes = device->msix.SetTableEntry != NULL;
    int events = device->stimulus.Raise != NULL && device->stimulus.Arm != NULL;

    device->settle_us = FIRST_SETTLE_US;
    device->real.context = device;
    device->real.messages = routes ? device->message_count : 0;
    device->real.entries = routes ? device->real.entries : 0;
    device->real.route = route;
    device->real.forget = forget;
    device->real.arm = events ? arm : NULL;
    device->real.raise = events ? raise : NULL;
    device->real.withdraw = events && device->stimulus.Withdraw != NULL ? withdraw : NULL;
    device->real.config_read = device->bus.GetBusData != NULL ? config_read : NULL;
    device->real.table = device->table;
    device->real.pba = device->pba;
}
