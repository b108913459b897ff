/* SPDX-License-Identifier: Apache-2.0 */
/* Entry, Plug and Play, and the requests of user mode. */
#include "driver.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE add_device;
static DRIVER_UNLOAD unload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH on_create;
_Dispatch_type_(IRP_MJ_CLEANUP) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH on_cleanup;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH on_device_control;
_Dispatch_type_(IRP_MJ_PNP) static DRIVER_DISPATCH on_pnp;
_Dispatch_type_(IRP_MJ_POWER) static DRIVER_DISPATCH on_power;
_Dispatch_type_(IRP_MJ_SYSTEM_CONTROL) static DRIVER_DISPATCH on_system_control;

/* One at a time: requests among themselves and against removal.  PASSIVE_LEVEL.  A request has the turn on its
 * caller's thread, and suspending that one (a normal kernel APC) must not keep the turn from all others. */
static void take_turn(struct irqcts_device *device)
{
    KeEnterCriticalRegion();
    (void)KeWaitForSingleObject(&device->turn, Executive, KernelMode, FALSE, NULL);
}

/* On the thread that took it. */
static void leave_turn(struct irqcts_device *device)
{
    (void)KeSetEvent(&device->turn, IO_NO_INCREMENT, FALSE);
    KeLeaveCriticalRegion();
}

_Use_decl_annotations_
static NTSTATUS NTAPI on_create(PDEVICE_OBJECT object, PIRP irp)
{
    struct irqcts_device *device = object->DeviceExtension;

    return irp_complete(irp, device->removed ? STATUS_DELETE_PENDING : STATUS_SUCCESS, 0);
}

/* Windows sends CLEANUP when the last handle closes; Wine 8 sends only CLOSE, after which nothing pends any more. */
_Use_decl_annotations_
static NTSTATUS NTAPI on_cleanup(PDEVICE_OBJECT object, PIRP irp)
{
    driver_waits_end(object->DeviceExtension, IoGetCurrentIrpStackLocation(irp)->FileObject, STATUS_CANCELLED);
    return irp_complete(irp, STATUS_SUCCESS, 0);
}

struct answered {
    const struct irqcts_device *device;
    PIRP irp;
};

/* A cancelled request's thread may be waiting to end, removal for the turn.  Irp->Cancel is set by IoCancelIrp also
 * where there is no cancel routine. */
static uint32_t ended(void *context)
{
    const struct answered *request = context;

    return request->irp->Cancel || request->device->leaving;
}

NTSTATUS driver_answer(struct irqcts_device *device, PIRP irp, ULONG_PTR *information)
{
    struct answered request = {device, irp};
    const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG input_size = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG output_size = stack->Parameters.DeviceIoControl.OutputBufferLength;
    PVOID buffer = irp->AssociatedIrp.SystemBuffer; /* input and output in one */
    size_t room = irqcts_dispatch_room(code, buffer, input_size, output_size);
    struct irqcts_target target;
    PVOID output = NULL;
    size_t written = 0;
    NTSTATUS status;

    *information = 0;
    if (room != 0) {
        output = irqcts_pool(room);
        if (output == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    driver_target(device, &target);
    target.ended = ended;
    target.request = &request;
    status = irqcts_dispatch(&target, code, buffer, input_size, output, room, &written);
    if (NT_SUCCESS(status) && code == IRQCTS_IO_RUN && ended(&request)) { /* half an answer is none */
        status = irp->Cancel ? STATUS_CANCELLED : STATUS_DELETE_PENDING;
    }
    if (NT_SUCCESS(status) && written > 0) {
        RtlCopyMemory(buffer, output, written);
        *information = written;
    }
    irqcts_pool_free(output);
    return status;
}

static int wants_beside(PIRP irp)
{
    const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    return stack->Parameters.DeviceIoControl.IoControlCode == IRQCTS_IO_RUN &&
           irqcts_dispatch_beside(irp->AssociatedIrp.SystemBuffer,
                                  stack->Parameters.DeviceIoControl.InputBufferLength);
}

_Use_decl_annotations_
static NTSTATUS NTAPI on_device_control(PDEVICE_OBJECT object, PIRP irp)
{
    struct irqcts_device *device = object->DeviceExtension;
    ULONG_PTR information = 0;
    NTSTATUS status;

    take_turn(device);
    if (!wants_beside(irp)) {
        driver_wait_for_those_beside(device);
    }
    if (device->removed) {
        status = STATUS_DELETE_PENDING;
    } else if (!device->started) {
        status = STATUS_DEVICE_NOT_READY;
    } else if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode == IRQCTS_IO_WAIT) {
        status = driver_wait(device, irp);
    } else if (wants_beside(irp)) {
        status = driver_answer_beside(device, irp);
    } else {
        status = driver_answer(device, irp, &information);
    }
    leave_turn(device);
    return status == STATUS_PENDING ? status : irp_complete(irp, status, information);
}

/* The stack below starts first. */
static NTSTATUS start(struct irqcts_device *device, PIRP irp)
{
    NTSTATUS status = irp_pass_down_and_wait(device->below, irp);

    if (NT_SUCCESS(status)) {
        take_turn(device);
        device->leaving = FALSE;
        driver_acquire_interfaces(device);
        driver_connect_messages(device);
        if (device->simulation.Operate == NULL) {
            const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
            driver_map_device(device, stack->Parameters.StartDevice.AllocatedResources,
                              stack->Parameters.StartDevice.AllocatedResourcesTranslated);
            driver_prepare_real(device);
        }
        device->started = TRUE;
        leave_turn(device);
        (void)IoSetDeviceInterfaceState(&device->link, TRUE);
    }
    return irp_complete(irp, status, 0);
}

/* What was started is let go; safe to call twice (surprise removal, then removal). */
static void stop(struct irqcts_device *device, BOOLEAN removed)
{
    device->leaving = device->leaving || removed; /* whoever has the turn gives it back soon */
    take_turn(device);
    driver_wait_for_those_beside(device);
    device->removed = device->removed || removed;
    if (device->started) {
        device->started = FALSE;
        driver_disconnect_messages(device);
        driver_unmap_device(device);
        driver_release_interfaces(device);
    }
    leave_turn(device);
    driver_waits_end(device, NULL, STATUS_DELETE_PENDING);
}

/* The interface goes first: whoever is refused from here on finds that the device is gone. */
static void depart(struct irqcts_device *device)
{
    (void)IoSetDeviceInterfaceState(&device->link, FALSE);
    stop(device, TRUE);
}

_Use_decl_annotations_
static NTSTATUS NTAPI on_pnp(PDEVICE_OBJECT object, PIRP irp)
{
    struct irqcts_device *device = object->DeviceExtension;
    PDEVICE_OBJECT below = device->below;
    NTSTATUS status;

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(device, irp);
    case IRP_MN_STOP_DEVICE: /* a rebalance: resources are taken away and given anew by another START */
        stop(device, FALSE);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return irp_pass_down(below, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        depart(device);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return irp_pass_down(below, irp);
    case IRP_MN_REMOVE_DEVICE:
        depart(device);
        RtlFreeUnicodeString(&device->link);
        (void)IoAcquireRemoveLock(&device->remove_lock, irp); /* to wait for the others: power requests */
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = irp_pass_down(below, irp);
        IoReleaseRemoveLockAndWait(&device->remove_lock, irp);
        IoDetachDevice(below);
        IoDeleteDevice(object); /* the extension lives until the last handle is closed */
        return status;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return irp_pass_down(below, irp);
    default:
        return irp_pass_down(below, irp);
    }
}

_Use_decl_annotations_
static NTSTATUS NTAPI on_power(PDEVICE_OBJECT object, PIRP irp)
{
    return driver_power(object->DeviceExtension, irp);
}

_Use_decl_annotations_
static NTSTATUS NTAPI on_system_control(PDEVICE_OBJECT object, PIRP irp)
{
    const struct irqcts_device *device = object->DeviceExtension;

    return irp_pass_down(device->below, irp);
}

static void *pool(size_t size)
{
    return irqcts_pool(size);
}

_Use_decl_annotations_
static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    PDEVICE_OBJECT object;
    struct irqcts_device *device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(*device), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                     FALSE, &object);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    device = object->DeviceExtension;
    RtlZeroMemory(device, sizeof(*device));
    device->self = object;
    device->physical = physical;
    KeInitializeEvent(&device->turn, SynchronizationEvent, TRUE);
    KeInitializeEvent(&device->nobody_beside, NotificationEvent, TRUE);
    IoInitializeRemoveLock(&device->remove_lock, IRQCTS_TAG, 0, 0);
    driver_find_power(device);
    KeInitializeSpinLock(&device->waits_lock);
    InitializeListHead(&device->waits);
    device->migration.allocate = pool;
    device->migration.release = irqcts_pool_free;
    device->below = IoAttachDeviceToDeviceStack(object, physical);
    status = device->below == NULL ? STATUS_NO_SUCH_DEVICE
                                   : IoRegisterDeviceInterface(physical, &irqcts_guid_device, NULL, &device->link);
    if (!NT_SUCCESS(status)) {
        if (device->below != NULL) {
            IoDetachDevice(device->below);
        }
        IoDeleteDevice(object);
        return status;
    }
    object->Flags |= DO_POWER_PAGABLE;
    object->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

_Use_decl_annotations_
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverExtension->AddDevice = add_device;
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = on_create;
    driver->MajorFunction[IRP_MJ_CLEANUP] = on_cleanup;
    driver->MajorFunction[IRP_MJ_CLOSE] = on_cleanup;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = on_device_control;
    driver->MajorFunction[IRP_MJ_PNP] = on_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = on_power;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = on_system_control;
    return STATUS_SUCCESS;
}
