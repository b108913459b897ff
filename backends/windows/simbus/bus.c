/* SPDX-License-Identifier: Apache-2.0 */
/* irqctsbus.sys: what pci.sys does for real devices, as far as a test needs it (common/bus.c). */
#include "simbus.h"

static const WCHAR adapter_id[] = L"IRQCTS\\ADAPTER";
static const WCHAR adapter_ids[] = L"IRQCTS\\ADAPTER\0";
static const struct bus_identity adapter = {adapter_id, sizeof(adapter_id), adapter_ids, sizeof(adapter_ids)};

static void delete_device(struct simulated *device)
{
    if (device != NULL) {
        simulation_free(device->simulation);
        irqcts_pool_free(device);
    }
}

static NTSTATUS add_device(struct bus *bus, const struct bus_identity *identity)
{
    struct simulated *device = irqcts_pool(sizeof(*device));
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    if (device == NULL) {
        return status;
    }
    device->simulation = simulation_create();
    for (ULONG i = 0; i < IRQCTS_FUNCTIONS_MAX; i++) {
        device->functions[i].device = device;
        device->functions[i].function = i;
    }
    if (device->simulation != NULL) {
        status = bus_add_child(bus, identity, device);
    }
    if (!NT_SUCCESS(status)) {
        delete_device(device);
        return status;
    }
    device->child = bus->children[bus->child_count - 1];
    bus->context = device;
    return status;
}

static NTSTATUS start(struct bus *bus)
{
    return add_device(bus, &adapter);
}

static void end(struct bus *bus)
{
    delete_device(bus->context);
    bus->context = NULL;
}

static NTSTATUS query_interface(struct bus_child *child, PIO_STACK_LOCATION stack)
{
    return simulated_query_interface(child->context, stack);
}

static void power(struct bus_child *child, DEVICE_POWER_STATE state)
{
    UNREFERENCED_PARAMETER(child);
    UNREFERENCED_PARAMETER(state);
}

const struct bus_routines bus_routines = {start, end, query_interface, power};
