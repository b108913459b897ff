/* SPDX-License-Identifier: Apache-2.0 */
/* IRP_MN_QUERY_INTERFACE as documented (IFACE-QUERY): PASSIVE_LEVEL, status preset, a copy in nonpaged memory. */
#include "driver.h"

NTSTATUS driver_query_interface(PDEVICE_OBJECT below, const GUID *type, USHORT size, USHORT version, PVOID out)
{
    PIO_STACK_LOCATION stack;
    IO_STATUS_BLOCK result;
    KEVENT done;
    PIRP irp;
    NTSTATUS status;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, below, NULL, 0, NULL, &done, &result);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    irp->IoStatus.Information = 0;
    stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_PNP;
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = type;
    stack->Parameters.QueryInterface.Size = size;
    stack->Parameters.QueryInterface.Version = version;
    stack->Parameters.QueryInterface.Interface = out;
    stack->Parameters.QueryInterface.InterfaceSpecificData = NULL;
    status = IoCallDriver(below, irp);
    if (status == STATUS_PENDING) {
        (void)KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = result.Status;
    }
    return status;
}

/* Asks for the whole structure, then, of a bus driver that knows less, for the minimum. */
static void acquire(struct irqcts_device *device, const GUID *type, PINTERFACE out, USHORT whole, USHORT minimum)
{
    RtlZeroMemory(out, whole);
    if (NT_SUCCESS(driver_query_interface(device->below, type, whole, IRQCTS_INTERFACE_VERSION, out)) &&
        out->Version == IRQCTS_INTERFACE_VERSION && out->Size >= minimum && out->Size <= whole) {
        return;
    }
    RtlZeroMemory(out, whole);
    if (minimum < whole &&
        NT_SUCCESS(driver_query_interface(device->below, type, minimum, IRQCTS_INTERFACE_VERSION, out)) &&
        out->Version == IRQCTS_INTERFACE_VERSION) {
        return;
    }
    RtlZeroMemory(out, whole);
}

static void release(PINTERFACE held, SIZE_T size)
{
    if (held->InterfaceDereference != NULL) {
        held->InterfaceDereference(held->Context);
    }
    RtlZeroMemory(held, size); /* no routine is called from here on (IFACE-REFERENCE) */
}

void driver_acquire_interfaces(struct irqcts_device *device)
{
    acquire(device, &irqcts_guid_msix, (PINTERFACE)&device->msix, sizeof(device->msix),
            IRQCTS_MSIX_INTERFACE_MINIMUM);
    acquire(device, &irqcts_guid_virtualized, (PINTERFACE)&device->virtualized, sizeof(device->virtualized),
            sizeof(device->virtualized));
    acquire(device, &irqcts_guid_simulation, (PINTERFACE)&device->simulation, sizeof(device->simulation),
            sizeof(device->simulation));
}

void driver_release_interfaces(struct irqcts_device *device)
{
    release((PINTERFACE)&device->msix, sizeof(device->msix));
    release((PINTERFACE)&device->virtualized, sizeof(device->virtualized));
    release((PINTERFACE)&device->simulation, sizeof(device->simulation));
}
