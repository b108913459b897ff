/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain device: a simulated one that shows itself as a real one does.  It has
 * N and M of its own, a configuration space to read, and a stimulus as a vendor's
 * lower filter gives it; nothing else of the simulation can be reached.
 */
#include "simbus.h"

#include "irqcts_windows/ioctl.h"

static IRQCTS_STIMULUS_ARM arm;
static IRQCTS_STIMULUS_RAISE raise;
static IRQCTS_STIMULUS_WITHDRAW withdraw;
static GET_SET_DEVICE_DATA get_bus_data;

static NTSTATUS operate(PVOID context, uint16_t kind, ULONG entry)
{
    struct simulation *simulation = simulated_present(context);
    const struct irqcts_operation operation = {.kind = kind, .entry = entry};
    uint64_t nothing;

    return simulation != NULL ? simulation_operate(simulation, &operation, &nothing) : STATUS_DEVICE_REMOVED;
}

/* An event here is over when it has happened: nothing is outstanding. */
_Use_decl_annotations_
static NTSTATUS arm(PVOID context)
{
    return simulated_present(context) != NULL ? STATUS_SUCCESS : STATUS_DEVICE_REMOVED;
}

_Use_decl_annotations_
static NTSTATUS raise(PVOID context, ULONG entry)
{
    return operate(context, IRQCTS_OPERATION_RAISE, entry);
}

_Use_decl_annotations_
static NTSTATUS withdraw(PVOID context, ULONG entry)
{
    return operate(context, IRQCTS_OPERATION_WITHDRAW, entry);
}

_Use_decl_annotations_
static ULONG NTAPI get_bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length)
{
    struct simulation *simulation = simulated_present(context);
    PUCHAR bytes = buffer;

    if (type != PCI_WHICHSPACE_CONFIG || simulation == NULL) {
        return 0;
    }
    for (ULONG i = 0; i < length; i++) {
        const struct irqcts_operation read = {.kind = IRQCTS_OPERATION_CONFIG_READ, .address = offset + i, .width = 1};
        uint64_t value;
        if (!NT_SUCCESS(simulation_operate(simulation, &read, &value))) {
            return i;
        }
        bytes[i] = (UCHAR)value;
    }
    return length;
}

/* Several threads may raise events, unless the options say something else. */
static NTSTATUS choose(struct simulation *simulation, const char *options, char *sentence, SIZE_T size)
{
    static const char locked[] = "locking=operation";
    char all[sizeof(locked) + IRQCTS_IO_OPTIONS_MAX];
    SIZE_T length = strlen(options);

    if (length >= IRQCTS_IO_OPTIONS_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlCopyMemory(all, locked, sizeof(locked));
    if (length > 0) {
        all[sizeof(locked) - 1] = ',';
        RtlCopyMemory(all + sizeof(locked), options, length + 1);
    }
    return simulation_options(simulation, all, sentence, size);
}

NTSTATUS plain_start(struct simulation *simulation, const char *options, char *sentence, SIZE_T size)
{
    const struct irqcts_operation configure = {
        .kind = IRQCTS_OPERATION_CONFIGURE, .entry = PLAIN_ENTRIES, .message = PLAIN_MESSAGES};
    const struct irqcts_operation start = {.kind = IRQCTS_OPERATION_START};
    uint64_t nothing;
    NTSTATUS status = choose(simulation, options, sentence, size);

    if (NT_SUCCESS(status)) {
        status = simulation_operate(simulation, &configure, &nothing);
    }
    return NT_SUCCESS(status) ? simulation_operate(simulation, &start, &nothing) : status;
}

NTSTATUS plain_query_interface(struct simulated *device, PIO_STACK_LOCATION stack)
{
    const GUID *type = stack->Parameters.QueryInterface.InterfaceType;

    if (IsEqualGUID(type, &irqcts_guid_stimulus)) {
        IRQCTS_STIMULUS_INTERFACE stimulus = {
            .Size = sizeof(stimulus),
            .Version = IRQCTS_INTERFACE_VERSION,
            .Context = &device->functions[0],
            .InterfaceReference = simulated_reference,
            .InterfaceDereference = simulated_dereference,
            .Properties = IRQCTS_STIMULUS_CONCURRENT,
            .Arm = arm,
            .Raise = raise,
            .Withdraw = withdraw,
        };
        return irp_give_interface(stack, &stimulus, sizeof(stimulus), sizeof(stimulus));
    }
    if (IsEqualGUID(type, &irqcts_guid_bus)) { /* as much of it as irqcts.sys calls */
        BUS_INTERFACE_STANDARD bus = {
            .Size = sizeof(bus),
            .Version = IRQCTS_INTERFACE_VERSION,
            .Context = &device->functions[0],
            .InterfaceReference = simulated_reference,
            .InterfaceDereference = simulated_dereference,
            .GetBusData = get_bus_data,
        };
        return irp_give_interface(stack, &bus, sizeof(bus), sizeof(bus));
    }
    return STATUS_NOT_SUPPORTED;
}
