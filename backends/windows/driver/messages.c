/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries, counted by message ID.  On Windows they come by IoConnectInterruptEx
 * (IFACE-MESSAGE-INFO), which is resolved at run time because Wine 8 has none; from
 * a simulated device by its own routine.
 */
#include "driver.h"

typedef NTSTATUS(NTAPI *connect_routine)(PIO_CONNECT_INTERRUPT_PARAMETERS);
typedef VOID(NTAPI *disconnect_routine)(PIO_DISCONNECT_INTERRUPT_PARAMETERS);

void driver_resolve(PVOID out, PCWSTR name)
{
    UNICODE_STRING text;
    PVOID address;

    RtlInitUnicodeString(&text, name);
    address = MmGetSystemRoutineAddress(&text);
    RtlCopyMemory(out, &address, sizeof(address));
}

_IRQL_requires_max_(HIGH_LEVEL)
static void count(_Inout_ struct irqcts_device *device, ULONG message)
{
    if (message < IRQCTS_ENTRIES_MAX) {
        InterlockedIncrement(&device->counts[message]);
        InterlockedIncrement(&device->arrivals);
    }
}

/* At DISPATCH_LEVEL or below: a simulated device's message. */
VOID driver_message(PVOID context, ULONG message)
{
    count(context, message);
    driver_waits_deliver(context, message);
}

static KMESSAGE_SERVICE_ROUTINE on_interrupt;
static IO_DPC_ROUTINE on_dpc;

_Use_decl_annotations_
static BOOLEAN NTAPI on_interrupt(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    struct irqcts_device *device = context;

    UNREFERENCED_PARAMETER(interrupt);
    count(device, message);
    IoRequestDpc(device->self, NULL, (PVOID)(ULONG_PTR)message); /* requests are completed below DIRQL */
    return TRUE;
}

_Use_decl_annotations_
static VOID NTAPI on_dpc(PKDPC dpc, PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(irp);
    driver_waits_deliver(object->DeviceExtension, (ULONG)(ULONG_PTR)context);
}

void driver_settle(void *context, uint32_t microseconds)
{
    enum { STEPS = 4, LONGEST_US = 1000000 };
    struct irqcts_device *device = context;
    LARGE_INTEGER step = {.QuadPart = -10 * (LONGLONG)(microseconds / STEPS + 1u)}; /* 100 ns, relative */
    /* A step lasts a tick of the clock (about 15.6 ms) however short it is to be, so the time is looked at. */
    const ULONGLONG deadline = KeQueryInterruptTime() + UINT64_C(10) * LONGEST_US;
    LONG seen = device->arrivals;
    uint32_t quiet = 0;

    device->settle_us = microseconds;
    while (quiet < STEPS && KeQueryInterruptTime() < deadline) {
        (void)KeDelayExecutionThread(KernelMode, FALSE, &step);
        quiet = device->arrivals == seen ? quiet + 1u : 0;
        seen = device->arrivals;
    }
}

void driver_connect_messages(struct irqcts_device *device)
{
    connect_routine connect;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;

    device->message_count = 0; /* a START before this one may have had some */
    if (device->messages.Connect != NULL) {
        device->message_count = device->messages.MessageCount;
        device->messages.Connect(device->messages.Context, driver_message, device);
        return;
    }
    driver_resolve(&connect, L"IoConnectInterruptEx");
    if (connect == NULL) {
        return;
    }
    IoInitializeDpcRequest(device->self, on_dpc);
    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Version = CONNECT_MESSAGE_BASED;
    parameters.MessageBased.PhysicalDeviceObject = device->physical;
    parameters.MessageBased.ConnectionContext.InterruptMessageTable = &device->message_info;
    parameters.MessageBased.MessageServiceRoutine = on_interrupt;
    parameters.MessageBased.ServiceContext = device;
    /* Without a fallback routine a device that was granted no messages is refused here (STATUS_NOT_FOUND). */
    if (!NT_SUCCESS(connect(&parameters)) || parameters.Version != CONNECT_MESSAGE_BASED) {
        device->message_info = NULL;
        return;
    }
    device->message_count = device->message_info->MessageCount;
}

void driver_disconnect_messages(struct irqcts_device *device)
{
    disconnect_routine disconnect;
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters;

    if (device->messages.Connect != NULL) {
        device->messages.Connect(device->messages.Context, NULL, NULL);
    }
    driver_resolve(&disconnect, L"IoDisconnectInterruptEx");
    if (device->message_info != NULL && disconnect != NULL) {
        RtlZeroMemory(&parameters, sizeof(parameters));
        parameters.Version = CONNECT_MESSAGE_BASED;
        parameters.ConnectionContext.InterruptMessageTable = device->message_info;
        disconnect(&parameters);
        KeFlushQueuedDpcs(); /* on_dpc of the last message needs the device, which may be deleted next */
        device->message_info = NULL;
    }
}
