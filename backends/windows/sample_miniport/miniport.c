/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqctsmini.sys, the sample: a driver that, like a display miniport in a test
 * build, has a child for irqcts.sys to be the function driver of, and answers the
 * child's IRP_MN_QUERY_INTERFACE with its live-migration DDIs.  In a display
 * miniport the child comes from DxgkDdiQueryChildRelations (TypeOther) and the
 * answer is DxgkDdiQueryInterface (query.c); docs/miniport.md says how.
 *
 * Every other query goes on to the drivers below, as Dxgkrnl does with a query
 * for which DxgkDdiQueryInterface returns STATUS_NOT_SUPPORTED.
 */
#include "bus.h"
#include "miniport.h"

static const WCHAR device_id[] = L"IRQCTS\\SIMULATED";
static const WCHAR hardware_ids[] = L"IRQCTS\\SIMULATED\0";
static const struct bus_identity child_identity = {device_id, sizeof(device_id), hardware_ids, sizeof(hardware_ids)};

/* --- the device, as the DDIs reach it -------------------------------------------------------------------------- */

static irqcts_ntstatus hardware_write(void *context, uint32_t function, int32_t index,
                                      const struct irqcts_dxgk_table_entry *value)
{
    const struct miniport *miniport = context;
    const struct irqcts_operation operation = {
        .kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED,
        .function = function,
        .entry = (uint32_t)index,
        .address = value->MessageAddress,
        .data = value->MessageData,
        .control = value->VectorControl,
    };
    ULONG64 nothing;

    return miniport->hardware.Operate(miniport->hardware.Context, &operation, &nothing);
}

static irqcts_ntstatus hardware_entries(void *context, uint32_t function, uint32_t *entries)
{
    const struct miniport *miniport = context;
    const struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_GET_SIZE, .function = function};
    ULONG64 value = 0;
    NTSTATUS status = miniport->hardware.Operate(miniport->hardware.Context, &operation, &value);

    *entries = (uint32_t)value;
    return status;
}

static irqcts_ntstatus hardware_save(void *context, uint32_t function, uint8_t *state, size_t *size)
{
    const struct miniport *miniport = context;

    return miniport->hardware.Save(miniport->hardware.Context, function, state, size);
}

static irqcts_ntstatus hardware_restore(void *context, uint32_t function, const uint8_t *state, size_t size)
{
    const struct miniport *miniport = context;

    return miniport->hardware.Restore(miniport->hardware.Context, function, state, size);
}

/* --- in the place of Dxgkrnl ----------------------------------------------------------------------------------- */

/* The miniport first, and what it does not support goes to the drivers below. */
static NTSTATUS query_interface(struct bus_child *child, PIO_STACK_LOCATION stack)
{
    QUERY_INTERFACE query = {
        .InterfaceType = stack->Parameters.QueryInterface.InterfaceType,
        .Size = stack->Parameters.QueryInterface.Size,
        .Version = stack->Parameters.QueryInterface.Version,
        .Interface = stack->Parameters.QueryInterface.Interface,
        .InterfaceSpecificData = stack->Parameters.QueryInterface.InterfaceSpecificData,
    };
    NTSTATUS status = SampleQueryInterface(child->context, &query);

    return status != STATUS_NOT_SUPPORTED
               ? status
               : irp_query_interface(child->bus->below, query.InterfaceType, query.Size, query.Version,
                                     query.Interface);
}

/* --- Plug and Play --------------------------------------------------------------------------------------------- */

static NTSTATUS start(struct bus *bus)
{
    struct miniport *miniport = irqcts_pool(sizeof(*miniport));

    if (miniport == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    bus->context = miniport;
    irp_acquire_interface(bus->below, &irqcts_guid_simulation, IRQCTS_INTERFACE_VERSION,
                          (PINTERFACE)&miniport->hardware, sizeof(miniport->hardware), sizeof(miniport->hardware));
    if (miniport->hardware.Operate == NULL) {
        return STATUS_NOINTERFACE;
    }
    miniport->adapter.device = (struct sample_device){miniport, hardware_write, hardware_entries, hardware_save,
                                                      hardware_restore};
    return bus_add_child(bus, &child_identity, miniport);
}

static void end(struct bus *bus)
{
    struct miniport *miniport = bus->context;

    if (miniport != NULL) {
        irp_release_interface((PINTERFACE)&miniport->hardware, sizeof(miniport->hardware));
        irqcts_pool_free(miniport);
    }
    bus->context = NULL;
}

/* The device under test is the adapter's own. */
static void power(struct bus_child *child, DEVICE_POWER_STATE state)
{
    const struct miniport *miniport = child->context;

    miniport->hardware.Power(miniport->hardware.Context, state);
}

const struct bus_routines bus_routines = {start, end, query_interface, power};
