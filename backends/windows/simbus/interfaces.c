/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interfaces of the simulated device.  PCI_MSIX_TABLE_CONFIG_INTERFACE is
 * what pci.sys would give; the virtualized one is what a vendor's miniport adds
 * in a test build, and this is the sample of it (docs/windows.md).
 */
#include "bus.h"

static VOID NTAPI reference(PVOID context)
{
    InterlockedIncrement(&((struct msix_context *)context)->child->references);
}

static VOID NTAPI dereference(PVOID context)
{
    InterlockedDecrement(&((struct msix_context *)context)->child->references);
}

/* A device that is gone answers so, instead of being touched. */
static NTSTATUS operate(struct msix_context *context, const struct irqcts_operation *operation, ULONG64 *value)
{
    uint64_t observed = 0;
    NTSTATUS status = STATUS_DEVICE_REMOVED;

    if (context->child->simulation != NULL) {
        status = simulation_operate(context->child->simulation, operation, &observed);
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

static NTSTATUS NTAPI set_table_entry(PVOID context, ULONG entry, ULONG message)
{
    return route(context, IRQCTS_OPERATION_SET_ENTRY, entry, message);
}

static NTSTATUS NTAPI mask_table_entry(PVOID context, ULONG entry)
{
    return route(context, IRQCTS_OPERATION_MASK, entry, 0);
}

static NTSTATUS NTAPI unmask_table_entry(PVOID context, ULONG entry)
{
    return route(context, IRQCTS_OPERATION_UNMASK, entry, 0);
}

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
        .InterfaceReference = reference,
        .InterfaceDereference = dereference,
        .SetTableEntry = set_table_entry,
        .MaskTableEntry = mask_table_entry,
        .UnmaskTableEntry = unmask_table_entry,
        .GetTableEntry = get_table_entry,
        .GetTableSize = get_table_size,
    };
}

/* hAdapter is whatever the miniport chose; here the child. */
static NTSTATUS write_virtualized(HANDLE adapter, const struct irqcts_dxgk_write_virtualized *arguments)
{
    struct child *child = adapter;

    return child->simulation != NULL ? simulation_write_virtualized(child->simulation, arguments)
                                     : STATUS_DEVICE_REMOVED;
}

static VOID simulation_connect_routine(PVOID context, IRQCTS_MESSAGE_ROUTINE routine, PVOID routine_context)
{
    struct child *child = ((struct msix_context *)context)->child;

    if (child->simulation != NULL) {
        simulation_connect(child->simulation, (simulation_arrival)routine, routine_context);
    }
}

static NTSTATUS simulation_operate_routine(PVOID context, const struct irqcts_operation *operation, ULONG64 *value)
{
    return operate(context, operation, value);
}

static VOID simulation_poll_routine(PVOID context, struct irqcts_delivery_buffer *deliveries)
{
    struct child *child = ((struct msix_context *)context)->child;

    if (child->simulation != NULL) {
        simulation_poll(child->simulation, deliveries);
    }
}

static NTSTATUS simulation_messages_routine(PVOID context, ULONG function, ULONG first, ULONG count,
                                            struct irqcts_message *messages)
{
    struct child *child = ((struct msix_context *)context)->child;

    return child->simulation != NULL ? simulation_messages(child->simulation, function, first, count, messages)
                                     : STATUS_DEVICE_REMOVED;
}

static NTSTATUS simulation_options_routine(PVOID context, const char *options, char *sentence, SIZE_T size)
{
    struct child *child = ((struct msix_context *)context)->child;

    return child->simulation != NULL ? simulation_options(child->simulation, options, sentence, size)
                                     : STATUS_DEVICE_REMOVED;
}

static NTSTATUS simulation_function_routine(PVOID context, ULONG function, PCI_MSIX_TABLE_CONFIG_INTERFACE *out)
{
    struct child *child = ((struct msix_context *)context)->child;

    if (function >= IRQCTS_FUNCTIONS_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    fill_msix(out, &child->functions[function]);
    out->InterfaceReference(out->Context);
    return STATUS_SUCCESS;
}

/* No more than `size` bytes, and the size says how many there are (IFACE-QUERY). */
static NTSTATUS give(PIO_STACK_LOCATION stack, PVOID whole, USHORT whole_size, USHORT minimum)
{
    PINTERFACE out = stack->Parameters.QueryInterface.Interface;
    USHORT size = stack->Parameters.QueryInterface.Size;

    if (out == NULL || size < minimum || stack->Parameters.QueryInterface.Version < IRQCTS_INTERFACE_VERSION) {
        return STATUS_INVALID_PARAMETER;
    }
    if (size > whole_size) {
        size = whole_size;
    }
    ((PINTERFACE)whole)->Size = size;
    RtlCopyMemory(out, whole, size);
    out->InterfaceReference(out->Context); /* IFACE-REFERENCE: it is returned referenced */
    return STATUS_SUCCESS;
}

int child_knows_interface(const GUID *type)
{
    return IsEqualGUID(type, &irqcts_guid_msix) || IsEqualGUID(type, &irqcts_guid_virtualized) ||
           IsEqualGUID(type, &irqcts_guid_simulation);
}

NTSTATUS child_query_interface(struct child *child, PIO_STACK_LOCATION stack)
{
    const GUID *type = stack->Parameters.QueryInterface.InterfaceType;
    struct msix_context *context = &child->functions[0];

    if (IsEqualGUID(type, &irqcts_guid_msix)) {
        PCI_MSIX_TABLE_CONFIG_INTERFACE msix;
        fill_msix(&msix, context);
        return give(stack, &msix, sizeof(msix), IRQCTS_MSIX_INTERFACE_MINIMUM);
    }
    if (IsEqualGUID(type, &irqcts_guid_virtualized)) {
        IRQCTS_VIRTUALIZED_INTERFACE virtualized = {sizeof(virtualized), IRQCTS_INTERFACE_VERSION, context, reference,
                                                    dereference, child, write_virtualized};
        return give(stack, &virtualized, sizeof(virtualized), sizeof(virtualized));
    }
    if (IsEqualGUID(type, &irqcts_guid_simulation)) {
        IRQCTS_SIMULATION_INTERFACE simulation = {
            .Size = sizeof(simulation),
            .Version = IRQCTS_INTERFACE_VERSION,
            .Context = context,
            .InterfaceReference = reference,
            .InterfaceDereference = dereference,
            .Connect = simulation_connect_routine,
            .Operate = simulation_operate_routine,
            .Poll = simulation_poll_routine,
            .Messages = simulation_messages_routine,
            .Options = simulation_options_routine,
            .QueryFunction = simulation_function_routine,
        };
        if (child->simulation != NULL) {
            uint32_t entries;
            uint32_t functions;
            simulation_limits(child->simulation, &entries, &functions);
            simulation.EntriesMax = entries;
            simulation.VirtualFunctionsMax = functions;
        }
        return give(stack, &simulation, sizeof(simulation), sizeof(simulation));
    }
    return STATUS_NOT_SUPPORTED;
}
