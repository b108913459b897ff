/* SPDX-License-Identifier: Apache-2.0 */
/* The routines that dispatch/ calls: one interface of the stack below each. */
#include "driver.h"

struct call {
    struct irqcts_device *device;
    const PCI_MSIX_TABLE_CONFIG_INTERFACE *routines;
    const struct irqcts_operation *operation;
    NTSTATUS status;
    uint64_t value;
};

/* What the platform says the level is, now that a routine of another driver is about to be called. */
_IRQL_requires_max_(HIGH_LEVEL)
static void note_level(_Inout_ void *context)
{
    struct irqcts_device *device = context;
    KIRQL level = KeGetCurrentIrql();

    device->noted_level = level < DISPATCH_LEVEL    ? IRQCTS_WINDOWS_PASSIVE
                          : level == DISPATCH_LEVEL ? IRQCTS_WINDOWS_DISPATCH
                                                    : IRQCTS_WINDOWS_DEVICE;
}

static uint32_t noted_level(void *context)
{
    const struct irqcts_device *device = context;

    return device->noted_level;
}

static KSYNCHRONIZE_ROUTINE call_routine;

/* Every routine takes the Context of its own interface (IFACE-CONTEXT); the last two may be absent (IFACE-NULLABLE). */
_Use_decl_annotations_
static BOOLEAN NTAPI call_routine(PVOID context)
{
    struct call *call = context;
    const PCI_MSIX_TABLE_CONFIG_INTERFACE *routines = call->routines;
    ULONG number = 0;
    BOOLEAN masked = FALSE;

    call->status = STATUS_NOT_SUPPORTED;
    note_level(call->device);
    switch (call->operation->kind) {
    case IRQCTS_OPERATION_SET_ENTRY:
        call->status = routines->SetTableEntry(routines->Context, call->operation->entry, call->operation->message);
        break;
    case IRQCTS_OPERATION_MASK:
        call->status = routines->MaskTableEntry(routines->Context, call->operation->entry);
        break;
    case IRQCTS_OPERATION_UNMASK:
        call->status = routines->UnmaskTableEntry(routines->Context, call->operation->entry);
        break;
    case IRQCTS_OPERATION_GET_ENTRY:
        if (routines->GetTableEntry != NULL) {
            call->status = routines->GetTableEntry(routines->Context, call->operation->entry, &number, &masked);
            call->value = number | (uint64_t)(masked != FALSE) << 32;
        }
        break;
    default:
        if (routines->GetTableSize != NULL) {
            call->status = routines->GetTableSize(routines->Context, &number);
            call->value = number;
        }
        break;
    }
    return TRUE;
}

/* At the level that was asked for, or STATUS_NOT_SUPPORTED: never silently at another one (ROUTE-IRQL). */
_IRQL_requires_(PASSIVE_LEVEL)
static void call_at(_In_ struct irqcts_device *device, _Inout_ struct call *call,
                    _In_range_(0, IRQCTS_WINDOWS_DEVICE) uint32_t level)
{
    KIRQL before;

    switch (level) {
    case IRQCTS_WINDOWS_PASSIVE:
        (void)call_routine(call);
        return;
    case IRQCTS_WINDOWS_DISPATCH:
        KeRaiseIrql(DISPATCH_LEVEL, &before);
        if (KeGetCurrentIrql() == DISPATCH_LEVEL) { /* under Wine 8 it stays 0 */
            (void)call_routine(call);
        }
        KeLowerIrql(before);
        return;
    default:
        if (device->message_info != NULL) {
            (void)KeSynchronizeExecution(device->message_info->MessageInfo[0].InterruptObject, call_routine, call);
        }
        return;
    }
}

irqcts_ntstatus driver_route(void *context, const struct irqcts_operation *operation, uint32_t level, uint64_t *value)
{
    struct irqcts_device *device = context;
    PCI_MSIX_TABLE_CONFIG_INTERFACE of_function;
    struct call call = {device, &device->msix, operation, STATUS_NOT_SUPPORTED, 0};
    NTSTATUS status;

    /* The emulator's lock spins: at a raised level on the processor of the thread that has it, for ever. */
    if (level != IRQCTS_WINDOWS_PASSIVE && device->messages.Connect != NULL && device->beside != 0) {
        return STATUS_NOT_SUPPORTED;
    }
    if (operation->function != 0) { /* on Windows a virtual function is a device of its own */
        if (device->simulation.QueryFunction == NULL) {
            return STATUS_NOT_SUPPORTED;
        }
        status = device->simulation.QueryFunction(device->simulation.Context, operation->function, &of_function);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        call.routines = &of_function;
    } else if (device->msix.SetTableEntry == NULL) {
        return STATUS_NOT_SUPPORTED;
    }
    call_at(device, &call, level);
    if (operation->function != 0) {
        of_function.InterfaceDereference(of_function.Context);
    }
    *value = call.value;
    return call.status;
}

static irqcts_ntstatus operate(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    struct irqcts_device *device = context;
    ULONG64 observed = 0;
    NTSTATUS status;

    if (device->simulation.Operate == NULL) {
        return irqcts_real_operate(&device->real, operation, value);
    }
    status = device->simulation.Operate(device->simulation.Context, operation, &observed);
    if (operation->kind == IRQCTS_OPERATION_CONFIGURE && NT_SUCCESS(status)) {
        RtlZeroMemory(device->counts, sizeof(device->counts));
        device->message_count = operation->message;
    }
    *value = observed;
    return status;
}

/* How many bytes behind the interface are looked at. */
enum { BEYOND = 64, PATTERN = 0xa7 };

/* What was written into a place full of the pattern. */
static uint64_t examine(const UCHAR *place, SIZE_T whole, USHORT size)
{
    enum { FIRST_MEMBER = FIELD_OFFSET(PCI_MSIX_TABLE_CONFIG_INTERFACE, Context), MEMBERS = 8 };
    const PCI_MSIX_TABLE_CONFIG_INTERFACE *msix = (const PCI_MSIX_TABLE_CONFIG_INTERFACE *)place;
    uint64_t members = 0;
    uint64_t beyond = 0;

    for (SIZE_T at = size; at < whole; at++) {
        beyond |= place[at] != PATTERN;
    }
    for (ULONG i = 0; i < MEMBERS && FIRST_MEMBER + (i + 1) * sizeof(PVOID) <= msix->Size; i++) {
        PVOID member;
        RtlCopyMemory(&member, place + FIRST_MEMBER + i * sizeof(PVOID), sizeof(member));
        members |= (uint64_t)(member != NULL) << i;
    }
    return IRQCTS_WINDOWS_QUERIED(msix->Size, msix->Version, members, beyond);
}

/* The reference, if the bus says that it gave one: a bus that answers success and too little is what is looked for. */
static void give_back(const PCI_MSIX_TABLE_CONFIG_INTERFACE *msix)
{
    PINTERFACE_DEREFERENCE untouched;

    RtlFillMemory(&untouched, sizeof(untouched), PATTERN);
    if (msix->Size >= sizeof(INTERFACE) && msix->InterfaceDereference != NULL &&
        msix->InterfaceDereference != untouched) {
        msix->InterfaceDereference(msix->Context);
    }
}

/* IRP_MN_QUERY_INTERFACE with raw arguments, into a place that is larger than it says. */
static irqcts_ntstatus query(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    struct irqcts_device *device = context;
    const USHORT size = (USHORT)operation->entry;
    const SIZE_T whole = (size > sizeof(device->msix) ? size : sizeof(device->msix)) + BEYOND;
    PCI_MSIX_TABLE_CONFIG_INTERFACE *msix = irqcts_pool(whole);
    GUID type = irqcts_guid_msix;
    NTSTATUS status;

    if (msix == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (operation->message == IRQCTS_WINDOWS_UNKNOWN) {
        type = irqcts_guid_device; /* a GUID of this project that no bus driver answers to */
    } else if (operation->message == IRQCTS_WINDOWS_NEARLY) {
        type.Data4[7] ^= 1u;
    }
    RtlFillMemory(msix, whole, PATTERN);
    status = irp_query_interface(device->below, &type, size, (USHORT)operation->data, msix);
    if (!NT_SUCCESS(status)) { /* a refusal leaves the caller's structure alone */
        for (SIZE_T at = 0; at < whole; at++) {
            status = ((const UCHAR *)msix)[at] != PATTERN ? STATUS_DATA_ERROR : status;
        }
    } else {
        *value = examine((const UCHAR *)msix, whole, size);
        give_back(msix);
    }
    irqcts_pool_free(msix);
    return status;
}

static irqcts_ntstatus message_count(void *context, uint64_t *value)
{
    const struct irqcts_device *device = context;

    if (device->message_info == NULL) {
        return STATUS_NOT_SUPPORTED;
    }
    *value = device->message_info->MessageCount;
    return STATUS_SUCCESS;
}

static void poll(void *context, struct irqcts_delivery_buffer *deliveries)
{
    struct irqcts_device *device = context;

    for (ULONG message = 0; message < device->message_count && message < IRQCTS_ENTRIES_MAX; message++) {
        struct irqcts_delivery record = {.message = message};
        if (device->counts[message] == 0) {
            continue;
        }
        if (deliveries->count == deliveries->capacity) {
            deliveries->lost++;
            continue;
        }
        record.count = (uint32_t)InterlockedExchange(&device->counts[message], 0);
        if (device->message_info != NULL) {
            record.address = (uint64_t)device->message_info->MessageInfo[message].MessageAddress.QuadPart;
            record.data = device->message_info->MessageInfo[message].MessageData;
        }
        deliveries->records[deliveries->count++] = record;
    }
    if (device->simulation.Poll != NULL) {
        device->simulation.Poll(device->simulation.Context, deliveries);
    }
}

static irqcts_ntstatus messages(void *context, const struct irqcts_io_messages *which, struct irqcts_message *out)
{
    struct irqcts_device *device = context;

    if (device->simulation.Messages != NULL) {
        return device->simulation.Messages(device->simulation.Context, which->function, which->first, which->count,
                                           out);
    }
    if (which->function != 0 || which->count > device->message_count ||
        which->first > device->message_count - which->count) {
        return STATUS_INVALID_PARAMETER;
    }
    for (uint32_t i = 0; i < which->count; i++) {
        out[i] = (struct irqcts_message){.flags = IRQCTS_MESSAGE_OPAQUE};
        if (device->message_info != NULL) {
            const IO_INTERRUPT_MESSAGE_INFO_ENTRY *entry = &device->message_info->MessageInfo[which->first + i];
            out[i].address = (uint64_t)entry->MessageAddress.QuadPart;
            out[i].data = entry->MessageData;
        }
    }
    return STATUS_SUCCESS;
}

static irqcts_ntstatus simulate(void *context, const char *options, char *sentence, size_t size)
{
    struct irqcts_device *device = context;

    return device->options.Choose(device->options.Context, options, sentence, size);
}

/* Which levels can be reached here: Wine 8 has no levels. */
static uint32_t reachable_levels(void *context)
{
    const struct irqcts_device *device = context;
    uint32_t found = 1u << IRQCTS_WINDOWS_PASSIVE;
    KIRQL before;

    KeRaiseIrql(DISPATCH_LEVEL, &before);
    if (KeGetCurrentIrql() == DISPATCH_LEVEL) {
        found |= 1u << IRQCTS_WINDOWS_DISPATCH;
    }
    KeLowerIrql(before);
    return device->message_info != NULL ? found | 1u << IRQCTS_WINDOWS_DEVICE : found;
}

static irqcts_ntstatus power(void *context, uint32_t state)
{
    return driver_set_power(context, (DEVICE_POWER_STATE)(PowerDeviceD0 + (int)state));
}

static uint64_t bit(uint32_t kind)
{
    return UINT64_C(1) << kind;
}

/* What does not depend on whether the device is simulated. */
static uint64_t operations_of_interfaces(const struct irqcts_device *device, uint32_t levels)
{
    uint64_t operations = bit(IRQCTS_OPERATION_POLL) | bit(IRQCTS_OPERATION_WINDOWS_QUERY) |
                          bit(IRQCTS_OPERATION_WINDOWS_POWER);

    if (levels >> IRQCTS_WINDOWS_DISPATCH != 0) { /* else none can be told from another */
        operations |= bit(IRQCTS_OPERATION_WINDOWS_LEVEL) | bit(IRQCTS_OPERATION_WINDOWS_CALLED);
    }
    if (device->message_info != NULL) {
        operations |= bit(IRQCTS_OPERATION_WINDOWS_MESSAGES);
    }
    if (device->msix.SetTableEntry != NULL) {
        operations |= bit(IRQCTS_OPERATION_SET_ENTRY) | bit(IRQCTS_OPERATION_MASK) | bit(IRQCTS_OPERATION_UNMASK);
        operations |= device->msix.GetTableEntry != NULL ? bit(IRQCTS_OPERATION_GET_ENTRY) : 0;
        operations |= device->msix.GetTableSize != NULL ? bit(IRQCTS_OPERATION_GET_SIZE) : 0;
    }
    if (irqcts_dxgk_offers_write(&device->virtualized.Routines)) {
        operations |= bit(IRQCTS_OPERATION_WRITE_VIRTUALIZED);
    }
    if (irqcts_dxgk_offers_save(&device->virtualized.Routines)) {
        operations |= bit(IRQCTS_OPERATION_SAVE) | bit(IRQCTS_OPERATION_RESTORE);
    }
    return operations;
}

/* What a simulated device answers by itself: everything but what goes by an interface. */
static uint64_t operations_of_simulation(void)
{
    uint64_t by_interfaces = bit(IRQCTS_OPERATION_SET_ENTRY) | bit(IRQCTS_OPERATION_MASK) |
                             bit(IRQCTS_OPERATION_UNMASK) | bit(IRQCTS_OPERATION_GET_ENTRY) |
                             bit(IRQCTS_OPERATION_GET_SIZE) | bit(IRQCTS_OPERATION_WRITE_VIRTUALIZED);

    return (bit(IRQCTS_OPERATION_KIND_COUNT) - 1u) & ~bit(IRQCTS_OPERATION_NONE) & ~by_interfaces;
}

/* The routing routines are documented for any caller; the events are what has to allow it. */
static uint32_t concurrent(const struct irqcts_device *device)
{
    if (device->simulation.Concurrent != NULL) {
        return device->simulation.Concurrent(device->simulation.Context) != FALSE;
    }
    return device->real.raise != NULL && (device->stimulus.Properties & IRQCTS_STIMULUS_CONCURRENT) != 0;
}

static void describe(void *context, struct irqcts_io_description *out)
{
    struct irqcts_device *device = context;

    out->levels = reachable_levels(device);
    out->operations = operations_of_interfaces(device, out->levels);
    out->parts |= device->msix.SetTableEntry != NULL ? IRQCTS_IO_HAS_ROUTING : 0;
    out->parts |= irqcts_dxgk_offers_write(&device->virtualized.Routines) ? IRQCTS_IO_HAS_VIRTUALIZED : 0;
    out->parts |= device->message_info != NULL ? IRQCTS_IO_HAS_INTERRUPTS : 0;
    out->parts |= device->options.Choose != NULL ? IRQCTS_IO_HAS_OPTIONS : 0;
    out->parts |= concurrent(device) ? IRQCTS_IO_CONCURRENT : 0;
    if (device->simulation.Operate != NULL) {
        out->parts |= IRQCTS_IO_HAS_SIMULATION;
        out->operations |= operations_of_simulation();
        out->entries_max = device->simulation.EntriesMax;
        out->messages_max = device->simulation.EntriesMax;
        out->virtual_functions_max = device->simulation.VirtualFunctionsMax;
        return;
    }
    out->operations |= irqcts_real_operations(&device->real);
    out->entries_max = device->real.entries;
    out->messages_max = device->real.messages;
    if (device->real.raise != NULL) {
        out->parts |= IRQCTS_IO_HAS_STIMULUS;
        out->parts |= (device->stimulus.Properties & IRQCTS_STIMULUS_REPEATS) != 0 ? IRQCTS_IO_REPEATS : 0;
        out->parts |= (device->stimulus.Properties & IRQCTS_STIMULUS_INEXACT) != 0 ? IRQCTS_IO_INEXACT : 0;
    }
}

void driver_target(struct irqcts_device *device, struct irqcts_target *out)
{
    *out = (struct irqcts_target){
        .context = device,
        .describe = describe,
        .routing = driver_route,
        .levels = reachable_levels,
        .note_level = note_level,
        .noted_level = noted_level,
        .power = power,
        .virtualized = &device->virtualized.Routines,
        .migration = &device->migration,
        .operate = operate,
        .query = query,
        .message_count = device->message_info != NULL ? message_count : NULL,
        .concurrent = concurrent(device),
        .settle = driver_settle,
        .poll = poll,
        .messages = messages,
        .simulate = device->options.Choose != NULL ? simulate : NULL,
    };
}
