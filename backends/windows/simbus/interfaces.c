/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interfaces of the simulated device: PCI_MSIX_TABLE_CONFIG_INTERFACE, which
 * is what pci.sys would give, and the simulation itself.
 */
#include "simbus.h"

static PCI_MSIX_SET_ENTRY set_table_entry;
static PCI_MSIX_MASKUNMASK_ENTRY mask_table_entry;
static PCI_MSIX_MASKUNMASK_ENTRY unmask_table_entry;
static PCI_MSIX_GET_ENTRY get_table_entry;
static PCI_MSIX_GET_TABLE_SIZE get_table_size;
static IRQCTS_MESSAGES_CONNECT connect_routine;
static IRQCTS_SIMULATION_OPERATE simulation_operate_routine;
static IRQCTS_SIMULATION_CONCURRENT simulation_concurrent_routine;
static IRQCTS_SIMULATION_POLL simulation_poll_routine;
static IRQCTS_SIMULATION_MESSAGES simulation_messages_routine;
static IRQCTS_OPTIONS_CHOOSE choose_routine;
static IRQCTS_SIMULATION_SAVE simulation_save_routine;
static IRQCTS_SIMULATION_RESTORE simulation_restore_routine;
static IRQCTS_SIMULATION_POWER simulation_power_routine;
static IRQCTS_SIMULATION_QUERY_FUNCTION simulation_function_routine;

VOID NTAPI simulated_reference(PVOID context)
{
    InterlockedIncrement(&((struct msix_context *)context)->device->references);
}

VOID NTAPI simulated_dereference(PVOID context)
{
    InterlockedDecrement(&((struct msix_context *)context)->device->references);
}

struct simulation *simulated_present(PVOID context)
{
    struct simulated *device = ((struct msix_context *)context)->device;

    return device->child->removed ? NULL : device->simulation;
}

static NTSTATUS operate(struct msix_context *context, const struct irqcts_operation *operation, ULONG64 *value)
{
    struct simulation *simulation = simulated_present(context);
    uint64_t observed = 0;
    NTSTATUS status = STATUS_DEVICE_REMOVED;

    if (simulation != NULL) {
        status = simulation_operate(simulation, operation, &observed);
    }
    *value = observed;
    return status;
}

static NTSTATUS route(PVOID context, uint16_t kind, ULONG entry, ULONG message)
{
    struct msix_context *function = context;
    const struct irqcts_operation operation = {
        .kind = kind, .function = function->function, .entry = entry, .message = message};
    ULONG64 value;

    return operate(function, &operation, &value);
}

_Use_decl_annotations_
static NTSTATUS NTAPI set_table_entry(PVOID context, ULONG entry, ULONG message)
{
    return route(context, IRQCTS_OPERATION_SET_ENTRY, entry, message);
}

_Use_decl_annotations_
static NTSTATUS NTAPI mask_table_entry(PVOID context, ULONG entry)
{
    return route(context, IRQCTS_OPERATION_MASK, entry, 0);
}

_Use_decl_annotations_
static NTSTATUS NTAPI unmask_table_entry(PVOID context, ULONG entry)
{
    return route(context, IRQCTS_OPERATION_UNMASK, entry, 0);
}

_Use_decl_annotations_
static NTSTATUS NTAPI get_table_entry(PVOID context, ULONG entry, PULONG message, PBOOLEAN masked)
{
    struct msix_context *function = context;
    const struct irqcts_operation operation = {
        .kind = IRQCTS_OPERATION_GET_ENTRY, .function = function->function, .entry = entry};
    ULONG64 value;
    NTSTATUS status = operate(function, &operation, &value);

    *message = (ULONG)value;
    *masked = (BOOLEAN)((value >> 32) & 1u);
    return status;
}

_Use_decl_annotations_
static NTSTATUS NTAPI get_table_size(PVOID context, PULONG size)
{
    struct msix_context *function = context;
    const struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_GET_SIZE, .function = function->function};
    ULONG64 value;
    NTSTATUS status = operate(function, &operation, &value);

    *size = (ULONG)value;
    return status;
}

static void fill_msix(PCI_MSIX_TABLE_CONFIG_INTERFACE *out, struct msix_context *context)
{
    *out = (PCI_MSIX_TABLE_CONFIG_INTERFACE){
        .Size = sizeof(*out),
        .Version = IRQCTS_INTERFACE_VERSION,
        .Context = context,
        .InterfaceReference = simulated_reference,
        .InterfaceDereference = simulated_dereference,
        .SetTableEntry = set_table_entry,
        .MaskTableEntry = mask_table_entry,
        .UnmaskTableEntry = unmask_table_entry,
        .GetTableEntry = get_table_entry,
        .GetTableSize = get_table_size,
    };
}

_Use_decl_annotations_
static VOID connect_routine(PVOID context, IRQCTS_MESSAGE_ROUTINE *routine, PVOID routine_context)
{
    struct simulation *simulation = simulated_present(context);

    if (simulation != NULL) {
        simulation_connect(simulation, (simulation_arrival)routine, routine_context);
    }
}

_Use_decl_annotations_
static NTSTATUS simulation_operate_routine(PVOID context, const struct irqcts_operation *operation, ULONG64 *value)
{
    return operate(context, operation, value);
}

_Use_decl_annotations_
static BOOLEAN simulation_concurrent_routine(PVOID context)
{
    struct simulation *simulation = simulated_present(context);

    return simulation != NULL && simulation_concurrent(simulation);
}

_Use_decl_annotations_
static VOID simulation_poll_routine(PVOID context, struct irqcts_delivery_buffer *deliveries)
{
    struct simulation *simulation = simulated_present(context);

    if (simulation != NULL) {
        simulation_poll(simulation, deliveries);
    }
}

_Use_decl_annotations_
static NTSTATUS simulation_messages_routine(PVOID context, ULONG function, ULONG first, ULONG count,
                                            struct irqcts_message *messages)
{
    struct simulation *simulation = simulated_present(context);

    return simulation != NULL ? simulation_messages(simulation, function, first, count, messages)
                                     : STATUS_DEVICE_REMOVED;
}

_Use_decl_annotations_
static NTSTATUS choose_routine(PVOID context, const char *options, char *sentence, SIZE_T size)
{
    struct simulation *simulation = simulated_present(context);

    if (simulation == NULL) {
        return STATUS_DEVICE_REMOVED;
    }
    return ((struct msix_context *)context)->device->plain ? plain_start(simulation, options, sentence, size)
                                                           : simulation_options(simulation, options, sentence, size);
}

_Use_decl_annotations_
static NTSTATUS simulation_save_routine(PVOID context, ULONG function, PUCHAR state, SIZE_T *size)
{
    struct simulation *simulation = simulated_present(context);
    size_t bytes = *size;
    NTSTATUS status = simulation != NULL ? simulation_save(simulation, function, state, &bytes)
                                         : STATUS_DEVICE_REMOVED;

    *size = bytes;
    return status;
}

_Use_decl_annotations_
static NTSTATUS simulation_restore_routine(PVOID context, ULONG function, const UCHAR *state, SIZE_T size)
{
    struct simulation *simulation = simulated_present(context);

    return simulation != NULL ? simulation_restore(simulation, function, state, size) : STATUS_DEVICE_REMOVED;
}

_Use_decl_annotations_
static VOID simulation_power_routine(PVOID context, DEVICE_POWER_STATE state)
{
    simulated_power(((struct msix_context *)context)->device, state);
}

_Use_decl_annotations_
static NTSTATUS simulation_function_routine(PVOID context, ULONG function, PCI_MSIX_TABLE_CONFIG_INTERFACE *out)
{
    struct simulated *device = ((struct msix_context *)context)->device;

    if (function >= IRQCTS_FUNCTIONS_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    fill_msix(out, &device->functions[function]);
    out->InterfaceReference(out->Context);
    return STATUS_SUCCESS;
}

void simulated_power(struct simulated *device, DEVICE_POWER_STATE state)
{
    if (!device->child->removed && state >= PowerDeviceD0 && state <= PowerDeviceD3) {
        simulation_power(device->simulation, (uint32_t)(state - PowerDeviceD0));
    }
}

NTSTATUS simulated_query_interface(struct simulated *device, PIO_STACK_LOCATION stack)
{
    const GUID *type = stack->Parameters.QueryInterface.InterfaceType;
    struct msix_context *context = &device->functions[0];

    if (IsEqualGUID(type, &irqcts_guid_msix)) {
        PCI_MSIX_TABLE_CONFIG_INTERFACE msix;
        fill_msix(&msix, context);
        return irp_give_interface(stack, &msix, sizeof(msix), IRQCTS_MSIX_INTERFACE_MINIMUM);
    }
    if (IsEqualGUID(type, &irqcts_guid_messages)) {
        IRQCTS_MESSAGES_INTERFACE messages = {
            .Size = sizeof(messages),
            .Version = IRQCTS_INTERFACE_VERSION,
            .Context = context,
            .InterfaceReference = simulated_reference,
            .InterfaceDereference = simulated_dereference,
            .Connect = connect_routine,
            .MessageCount = device->plain ? PLAIN_MESSAGES : 0,
        };
        return irp_give_interface(stack, &messages, sizeof(messages), sizeof(messages));
    }
    if (IsEqualGUID(type, &irqcts_guid_options)) {
        IRQCTS_OPTIONS_INTERFACE options = {
            .Size = sizeof(options),
            .Version = IRQCTS_INTERFACE_VERSION,
            .Context = context,
            .InterfaceReference = simulated_reference,
            .InterfaceDereference = simulated_dereference,
            .Choose = choose_routine,
        };
        return irp_give_interface(stack, &options, sizeof(options), sizeof(options));
    }
    if (device->plain) {
        return plain_query_interface(device, stack);
    }
    if (IsEqualGUID(type, &irqcts_guid_simulation)) {
        IRQCTS_SIMULATION_INTERFACE simulation = {
            .Size = sizeof(simulation),
            .Version = IRQCTS_INTERFACE_VERSION,
            .Context = context,
            .InterfaceReference = simulated_reference,
            .InterfaceDereference = simulated_dereference,
            .Operate = simulation_operate_routine,
            .Concurrent = simulation_concurrent_routine,
            .Poll = simulation_poll_routine,
            .Messages = simulation_messages_routine,
            .Save = simulation_save_routine,
            .Restore = simulation_restore_routine,
            .Power = simulation_power_routine,
            .QueryFunction = simulation_function_routine,
        };
        uint32_t entries;
        uint32_t functions;
        simulation_limits(device->simulation, &entries, &functions);
        simulation.EntriesMax = entries;
        simulation.VirtualFunctionsMax = functions;
        return irp_give_interface(stack, &simulation, sizeof(simulation), sizeof(simulation));
    }
    return STATUS_NOT_SUPPORTED;
}
