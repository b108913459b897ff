/* SPDX-License-Identifier: Apache-2.0 */
/* The device's power states, for ROUTE-PERSIST-D3. */
#include "driver.h"

static REQUEST_POWER_COMPLETE on_requested;

typedef NTSTATUS(NTAPI *request_routine)(PDEVICE_OBJECT, UCHAR, POWER_STATE, PREQUEST_POWER_COMPLETE, PVOID, PIRP *);

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
static NTSTATUS request(struct irqcts_device *device, request_routine routine, POWER_STATE state)
{
    struct transition transition = {.status = STATUS_UNSUCCESSFUL};
    NTSTATUS status;

    KeInitializeEvent(&transition.done, NotificationEvent, FALSE);
    status = routine(device->physical, IRP_MN_SET_POWER, state, on_requested, &transition, NULL);
    if (status != STATUS_PENDING) {
        return status;
    }
    (void)KeWaitForSingleObject(&transition.done, Executive, KernelMode, FALSE, NULL);
    return transition.status;
}

/* Wine 8 has no power manager: PoRequestPowerIrp is a stub that ends the process.  There the request goes down the
 * stack from here, as the power manager's would. */
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
    request_routine routine;
    PVOID interrupts;

    driver_resolve(&interrupts, L"IoConnectInterruptEx"); /* every Windows has it and Wine 8 has not */
    if (interrupts == NULL) {
        return send(device, wanted);
    }
    driver_resolve(&routine, L"PoRequestPowerIrp");
    return routine != NULL ? request(device, routine, wanted) : STATUS_NOT_SUPPORTED;
}
