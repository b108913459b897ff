/* SPDX-License-Identifier: Apache-2.0 */
/* The device's power states: for ROUTE-PERSIST-D3, and of a real device when the system sleeps. */
#include "driver.h"

static REQUEST_POWER_COMPLETE on_requested;
static REQUEST_POWER_COMPLETE on_followed;
static IO_COMPLETION_ROUTINE on_passed_down;

struct transition {
    KEVENT done;
    NTSTATUS status;
};

_Use_decl_annotations_
static VOID NTAPI on_requested(PDEVICE_OBJECT object, UCHAR minor, POWER_STATE state, PVOID context,
                               PIO_STATUS_BLOCK result)
{
    struct transition *transition = context;

    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(state);
    transition->status = result->Status;
    (void)KeSetEvent(&transition->done, IO_NO_INCREMENT, FALSE);
}

/* The power manager sends the request and orders it among its own. */
static NTSTATUS request(struct irqcts_device *device, POWER_STATE state)
{
    struct transition transition = {.status = STATUS_UNSUCCESSFUL};
    NTSTATUS status;

    KeInitializeEvent(&transition.done, NotificationEvent, FALSE);
    status = device->request_power(device->physical, IRP_MN_SET_POWER, state, on_requested, &transition, NULL);
    if (status != STATUS_PENDING) {
        return status;
    }
    (void)KeWaitForSingleObject(&transition.done, Executive, KernelMode, FALSE, NULL);
    return transition.status;
}

/* Where there is no power manager the request goes down the stack from here, as the power manager's would. */
static NTSTATUS send(struct irqcts_device *device, POWER_STATE state)
{
    PIRP irp = IoAllocateIrp(device->self->StackSize, FALSE);
    PIO_STACK_LOCATION stack;
    KEVENT done;
    NTSTATUS status;

    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = IRP_MN_SET_POWER;
    stack->Parameters.Power.Type = DevicePowerState;
    stack->Parameters.Power.State = state;
    IoSetCompletionRoutine(irp, irp_signal, &done, TRUE, TRUE, TRUE);
    if (PoCallDriver(device->self, irp) == STATUS_PENDING) {
        (void)KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    }
    status = irp->IoStatus.Status;
    IoFreeIrp(irp);
    return status;
}

NTSTATUS driver_set_power(struct irqcts_device *device, DEVICE_POWER_STATE state)
{
    const POWER_STATE wanted = {.DeviceState = state};

    return device->request_power != NULL ? request(device, wanted) : send(device, wanted);
}

/* Wine 8 has no power manager: PoRequestPowerIrp is a stub that ends the process. */
void driver_find_power(struct irqcts_device *device)
{
    PVOID interrupts;

    driver_resolve(&interrupts, L"IoConnectInterruptEx"); /* every Windows has it and Wine 8 has not */
    if (interrupts != NULL) {
        driver_resolve(&device->request_power, L"PoRequestPowerIrp");
    }
}

/* The device has followed: the system's request is as good as the device's. */
_Use_decl_annotations_
static VOID NTAPI on_followed(PDEVICE_OBJECT object, UCHAR minor, POWER_STATE state, PVOID context,
                              PIO_STATUS_BLOCK result)
{
    PIRP irp = context;
    struct irqcts_device *device = IoGetCurrentIrpStackLocation(irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(state);
    PoStartNextPowerIrp(irp);
    (void)irp_complete(irp, result->Status, 0);
    IoReleaseRemoveLock(&device->remove_lock, irp);
}

/* The drivers below know of the system's state: now the device's own. */
_Use_decl_annotations_
static NTSTATUS NTAPI on_passed_down(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    struct irqcts_device *device = context;
    const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    const POWER_STATE wanted = {
        .DeviceState = stack->Parameters.Power.State.SystemState == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3};
    NTSTATUS status = irp->IoStatus.Status;

    UNREFERENCED_PARAMETER(object);
    if (NT_SUCCESS(status)) {
        status = device->request_power(device->physical, IRP_MN_SET_POWER, wanted, on_followed, irp, NULL);
        if (status == STATUS_PENDING) {
            return STATUS_MORE_PROCESSING_REQUIRED; /* on_followed has it, perhaps already */
        }
        irp->IoStatus.Status = status;
    }
    PoStartNextPowerIrp(irp);
    IoReleaseRemoveLock(&device->remove_lock, irp);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS driver_power(struct irqcts_device *device, PIRP irp)
{
    const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (stack->MinorFunction != IRP_MN_SET_POWER || stack->Parameters.Power.Type != SystemPowerState ||
        !device->started || device->messages.Connect != NULL || device->request_power == NULL ||
        !NT_SUCCESS(IoAcquireRemoveLock(&device->remove_lock, irp))) {
        return irp_pass_power_down(device->below, irp);
    }
    IoMarkIrpPending(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, on_passed_down, device, TRUE, TRUE, TRUE);
    (void)PoCallDriver(device->below, irp);
    return STATUS_PENDING;
}
