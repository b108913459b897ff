/* SPDX-License-Identifier: Apache-2.0 */
#include "bus.h"

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS pass_down(struct bus *bus, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(bus->below, irp);
}

static NTSTATUS bus_relations(struct bus *bus, PIRP irp, DEVICE_RELATION_TYPE type)
{
    PDEVICE_RELATIONS relations;

    if (type != BusRelations) {
        return pass_down(bus, irp);
    }
    relations = ExAllocatePoolWithTag(PagedPool, sizeof(*relations), IRQCTS_TAG);
    if (relations == NULL) {
        return complete(irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    relations->Count = bus->child != NULL ? 1 : 0;
    relations->Objects[0] = bus->child;
    if (bus->child != NULL) {
        ObReferenceObject(bus->child);
    }
    irp->IoStatus.Information = (ULONG_PTR)relations;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_down(bus, irp);
}

static NTSTATUS bus_pnp(struct bus *bus, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PDEVICE_OBJECT below = bus->below;
    NTSTATUS status;

    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = bus->child == NULL ? child_create(bus->self->DriverObject, &bus->child) : STATUS_SUCCESS;
        if (!NT_SUCCESS(status)) {
            return complete(irp, status);
        }
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = pass_down(bus, irp);
        IoInvalidateDeviceRelations(bus->physical, BusRelations); /* Windows asks by itself, Wine waits for this */
        return status;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return bus_relations(bus, irp, stack->Parameters.QueryDeviceRelations.Type);
    case IRP_MN_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = pass_down(bus, irp);
        IoDetachDevice(below);
        IoDeleteDevice(bus->self);
        return status;
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_down(bus, irp);
    default:
        return pass_down(bus, irp);
    }
}

static NTSTATUS NTAPI on_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct bus *bus = device->DeviceExtension;

    return bus->kind == BUS_DEVICE ? bus_pnp(bus, irp) : child_pnp(device->DeviceExtension, irp);
}

static NTSTATUS NTAPI on_power(PDEVICE_OBJECT device, PIRP irp)
{
    struct bus *bus = device->DeviceExtension;

    PoStartNextPowerIrp(irp);
    if (bus->kind == BUS_DEVICE) {
        IoSkipCurrentIrpStackLocation(irp);
        return PoCallDriver(bus->below, irp);
    }
    return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS NTAPI on_system_control(PDEVICE_OBJECT device, PIRP irp)
{
    struct bus *bus = device->DeviceExtension;

    return bus->kind == BUS_DEVICE ? pass_down(bus, irp) : complete(irp, irp->IoStatus.Status);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    PDEVICE_OBJECT device;
    struct bus *bus;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct bus), NULL, FILE_DEVICE_BUS_EXTENDER,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    bus = device->DeviceExtension;
    RtlZeroMemory(bus, sizeof(*bus));
    bus->kind = BUS_DEVICE;
    bus->self = device;
    bus->physical = physical;
    bus->below = IoAttachDeviceToDeviceStack(device, physical);
    if (bus->below == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverExtension->AddDevice = add_device;
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_PNP] = on_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = on_power;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = on_system_control;
    return STATUS_SUCCESS;
}
