/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests beside each other, for concurrent histories: each is answered by a
 * worker thread of the system, so that they meet even where requests arrive one
 * after the other (Wine 8 hands them to a driver from one thread).  All other
 * requests, and removal, wait until none is under way.
 */
#include "driver.h"

static IO_WORKITEM_ROUTINE work;

enum { ITEM = 0 }; /* in Tail.Overlay.DriverContext */

_Use_decl_annotations_
static VOID NTAPI work(PDEVICE_OBJECT object, PVOID context)
{
    struct irqcts_device *device = object->DeviceExtension;
    PIRP irp = context;
    PIO_WORKITEM item = irp->Tail.Overlay.DriverContext[ITEM];
    ULONG_PTR information = 0;
    NTSTATUS status = driver_answer(device, irp, &information);

    (void)irp_complete(irp, status, information);
    if (InterlockedDecrement(&device->beside) == 0) {
        (void)KeSetEvent(&device->nobody_beside, IO_NO_INCREMENT, FALSE);
    }
    IoFreeWorkItem(item);
}

NTSTATUS driver_answer_beside(struct irqcts_device *device, PIRP irp)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device->self);

    if (item == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->Tail.Overlay.DriverContext[ITEM] = item;
    (void)InterlockedIncrement(&device->beside);
    IoMarkIrpPending(irp);
    IoQueueWorkItem(item, work, DelayedWorkQueue, irp);
    return STATUS_PENDING;
}

static LONG beside(struct irqcts_device *device)
{
    return InterlockedCompareExchange(&device->beside, 0, 0); /* a barrier: not read before the event is cleared */
}

/* With the turn taken nobody joins, so zero is zero.  The event may be set from before (who counted down to zero sets
 * it later, when others may have joined), so it is cleared here, and the last one counts down before or sets it after
 * that. */
void driver_wait_for_those_beside(struct irqcts_device *device)
{
    while (beside(device) != 0) {
        KeClearEvent(&device->nobody_beside);
        if (beside(device) != 0) {
            (void)KeWaitForSingleObject(&device->nobody_beside, Executive, KernelMode, FALSE, NULL);
        }
    }
}
