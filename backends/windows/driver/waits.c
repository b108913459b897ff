/* SPDX-License-Identifier: Apache-2.0 */
/* IRQCTS_IO_WAIT: requests that pend until a message arrives, each at any moment cancellable. */
#include "driver.h"

static DRIVER_CANCEL on_cancel;

_Use_decl_annotations_
static VOID NTAPI on_cancel(PDEVICE_OBJECT object, PIRP irp)
{
    struct irqcts_device *device = object->DeviceExtension;
    KIRQL irql;

    IoReleaseCancelSpinLock(irp->CancelIrql);
    KeAcquireSpinLock(&device->waits_lock, &irql);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&device->waits_lock, irql);
    irp->IoStatus.Status = STATUS_CANCELLED;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

NTSTATUS driver_wait(struct irqcts_device *device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = STATUS_PENDING;
    KIRQL irql;

    if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(struct irqcts_io_waited)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    KeAcquireSpinLock(&device->waits_lock, &irql);
    (void)IoSetCancelRoutine(irp, on_cancel);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL) != NULL) {
        status = STATUS_CANCELLED; /* it was cancelled before, and the routine will not run */
    } else {
        IoMarkIrpPending(irp);
        /* When the routine runs already it waits for the lock and takes the request off the list. */
        InsertTailList(&device->waits, &irp->Tail.Overlay.ListEntry);
    }
    KeReleaseSpinLock(&device->waits_lock, irql);
    return status;
}

/* Takes off the list what is to end and not being cancelled, then completes it without the lock. */
_IRQL_requires_max_(DISPATCH_LEVEL) _Requires_lock_not_held_(device->waits_lock)
static void end(_Inout_ struct irqcts_device *device, _In_opt_ PFILE_OBJECT file, NTSTATUS status, ULONG message)
{
    LIST_ENTRY ended;
    PLIST_ENTRY at;
    KIRQL irql;

    InitializeListHead(&ended);
    KeAcquireSpinLock(&device->waits_lock, &irql);
    for (at = device->waits.Flink; at != &device->waits;) {
        PIRP irp = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);
        at = at->Flink;
        if (file != NULL && IoGetCurrentIrpStackLocation(irp)->FileObject != file) {
            continue;
        }
        if (IoSetCancelRoutine(irp, NULL) == NULL) {
            continue; /* the cancel routine has it */
        }
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        InsertTailList(&ended, &irp->Tail.Overlay.ListEntry);
    }
    KeReleaseSpinLock(&device->waits_lock, irql);
    while (!IsListEmpty(&ended)) {
        PIRP irp = CONTAINING_RECORD(RemoveHeadList(&ended), IRP, Tail.Overlay.ListEntry);
        irp->IoStatus.Information = 0;
        if (NT_SUCCESS(status)) {
            const struct irqcts_io_waited waited = {IRQCTS_IO_VERSION, message};
            RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, &waited, sizeof(waited));
            irp->IoStatus.Information = sizeof(waited);
        }
        irp->IoStatus.Status = status;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    }
}

void driver_waits_deliver(struct irqcts_device *device, ULONG message)
{
    end(device, NULL, STATUS_SUCCESS, message);
}

void driver_waits_end(struct irqcts_device *device, PFILE_OBJECT file, NTSTATUS status)
{
    end(device, file, status, 0);
}
