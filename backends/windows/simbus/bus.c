/* SPDX-License-Identifier: Apache-2.0 */
/* irqctsbus.sys: what pci.sys does for real devices, as far as a test needs it (common/bus.c). */
#include "simbus.h"

static const WCHAR adapter_id[] = L"IRQCTS\\ADAPTER";
static const WCHAR adapter_ids[] = L"IRQCTS\\ADAPTER\0";
static const struct bus_identity adapter = {adapter_id, sizeof(adapter_id), adapter_ids, sizeof(adapter_ids)};
/* What pci.sys would have found: irqcts.inf binds to it as to a real device. */
static const WCHAR plain_id[] = L"IRQCTS\\PLAIN";
static const WCHAR plain_ids[] = L"IRQCTS\\PLAIN\0";
static const struct bus_identity plain = {plain_id, sizeof(plain_id), plain_ids, sizeof(plain_ids)};

static void delete_device(struct simulated *device)
{
    if (device != NULL) {
        simulation_free(device->simulation);
        irqcts_pool_free(device);
    }
}

static NTSTATUS add_device(struct bus *bus, const struct bus_identity *identity, BOOLEAN is_plain)
{
    struct simulated *device = irqcts_pool(sizeof(*device));
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    char sentence[64];

    if (device == NULL) {
        return status;
    }
    device->plain = is_plain;
    device->simulation = simulation_create();
    for (ULONG i = 0; i < IRQCTS_FUNCTIONS_MAX; i++) {
        device->functions[i].device = device;
        device->functions[i].function = i;
    }
    if (device->simulation != NULL) {
        status = is_plain ? plain_start(device->simulation, "", sentence, sizeof(sentence)) : STATUS_SUCCESS;
    }
    if (NT_SUCCESS(status)) {
        status = bus_add_child(bus, identity, device);
    }
    if (!NT_SUCCESS(status)) {
        delete_device(device);
        return status;
    }
    device->child = bus->children[bus->child_count - 1];
    return status;
}

static NTSTATUS start(struct bus *bus)
{
    NTSTATUS status = add_device(bus, &adapter, FALSE);

    return NT_SUCCESS(status) ? add_device(bus, &plain, TRUE) : status;
}

static void end(struct bus *bus)
{
    for (ULONG i = 0; i < bus->child_count; i++) {
        delete_device(bus->children[i]->context);
    }
}

static NTSTATUS query_interface(struct bus_child *child, PIO_STACK_LOCATION stack)
{
    return simulated_query_interface(child->context, stack);
}

static void power(struct bus_child *child, DEVICE_POWER_STATE state)
{
    simulated_power(child->context, state);
}

const struct bus_routines bus_routines = {start, end, query_interface, power};
