/* SPDX-License-Identifier: Apache-2.0 */
#include "irp.h"

#include "irqcts_windows/interfaces.h"

NTSTATUS irp_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

NTSTATUS irp_pass_down(PDEVICE_OBJECT below, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(below, irp);
}

NTSTATUS irp_pass_power_down(PDEVICE_OBJECT below, PIRP irp)
{
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(below, irp);
}

_Use_decl_annotations_
NTSTATUS NTAPI irp_signal(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(irp);
    (void)KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS irp_pass_down_and_wait(PDEVICE_OBJECT below, PIRP irp)
{
    KEVENT done;
    NTSTATUS status;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, irp_signal, &done, TRUE, TRUE, TRUE);
    status = IoCallDriver(below, irp);
    if (status == STATUS_PENDING) {
        (void)KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = irp->IoStatus.Status;
    }
    return status;
}

NTSTATUS irp_query_interface(PDEVICE_OBJECT below, const GUID *type, USHORT size, USHORT version, PVOID out)
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

/* One query; whether the answer is of this version and a size that was meant.  What is not leaves zeros. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
static BOOLEAN acquired(_In_ PDEVICE_OBJECT below, _In_ const GUID *type, USHORT version,
                        _Out_writes_bytes_(whole) PINTERFACE out, USHORT whole, USHORT asked, USHORT minimum)
{
    RtlZeroMemory(out, whole);
    if (NT_SUCCESS(irp_query_interface(below, type, asked, version, out))) {
        if (out->Version == version && out->Size >= minimum && out->Size <= whole) {
            return TRUE;
        }
        if (out->Size >= sizeof(*out)) { /* also what is of no use here was given referenced (IFACE-REFERENCE) */
            irp_release_interface(out, whole);
        }
    }
    RtlZeroMemory(out, whole);
    return FALSE;
}

void irp_acquire_interface(PDEVICE_OBJECT below, const GUID *type, USHORT version, PINTERFACE out, USHORT whole,
                           USHORT minimum)
{
    if (!acquired(below, type, version, out, whole, whole, minimum) && minimum < whole) {
        (void)acquired(below, type, version, out, whole, minimum, minimum);
    }
}

void irp_release_interface(PINTERFACE held, SIZE_T whole)
{
    if (held->InterfaceDereference != NULL) {
        held->InterfaceDereference(held->Context);
    }
    RtlZeroMemory(held, whole);
}

NTSTATUS irp_give_interface(PIO_STACK_LOCATION stack, PVOID whole, USHORT whole_size, USHORT minimum)
{
    PINTERFACE out = stack->Parameters.QueryInterface.Interface;
    USHORT size = stack->Parameters.QueryInterface.Size;

    if (out == NULL || size < minimum || stack->Parameters.QueryInterface.Version < IRQCTS_INTERFACE_VERSION) {
        return STATUS_INVALID_PARAMETER;
    }
    if (size > whole_size) {
        size = whole_size;
    }
    ((PINTERFACE)whole)->Size = size;
    RtlCopyMemory(out, whole, size);
    out->InterfaceReference(out->Context); /* IFACE-REFERENCE: it is returned referenced */
    return STATUS_SUCCESS;
}
