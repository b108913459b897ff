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
    if (InterlockedIncrement(&device->beside) == 1) {
        KeClearEvent(&device->nobody_beside);
    }
    IoMarkIrpPending(irp);
    IoQueueWorkItem(item, work, DelayedWorkQueue, irp);
    return STATUS_PENDING;
}

/* With the turn taken nobody joins, so zero is zero. */
void driver_wait_for_those_beside(struct irqcts_device *device)
{
    while (device->beside != 0) {
        (void)KeWaitForSingleObject(&device->nobody_beside, Executive, KernelMode, FALSE, NULL);
    }
}
