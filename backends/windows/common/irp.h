/* SPDX-License-Identifier: Apache-2.0 */
/* What every driver here does with a request: end it, hand it down, or send one of its own. */
#ifndef IRQCTS_WINDOWS_IRP_H
#define IRQCTS_WINDOWS_IRP_H

#include "irqcts_windows/kernel.h"

/* Ends it; returns the status. */
_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS irp_complete(_Inout_ PIRP irp, NTSTATUS status, ULONG_PTR information);

/* The next driver has it from here on. */
_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS irp_pass_down(_In_ PDEVICE_OBJECT below, _Inout_ PIRP irp);
_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS irp_pass_power_down(_In_ PDEVICE_OBJECT below, _Inout_ PIRP irp);

/* Completion routine of a request that its sender waits for: sets the KEVENT that is its context and keeps the
 * request. */
IO_COMPLETION_ROUTINE irp_signal;

/* The drivers below finish first (START_DEVICE); the caller completes it. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS irp_pass_down_and_wait(_In_ PDEVICE_OBJECT below, _Inout_ PIRP irp);

/* IRP_MN_QUERY_INTERFACE as documented (IFACE-QUERY): PASSIVE_LEVEL, the status preset to STATUS_NOT_SUPPORTED.
 * `out` is in nonpaged memory. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS irp_query_interface(_In_ PDEVICE_OBJECT below, _In_ const GUID *type, USHORT size, USHORT version,
                             _Out_writes_bytes_(size) PVOID out);

/* Gets an interface of exactly this version and of minimum..whole bytes, asking for the whole and then, of a driver
 * that knows less, for the minimum.  What is not there leaves zeros. */
_IRQL_requires_(PASSIVE_LEVEL)
void irp_acquire_interface(_In_ PDEVICE_OBJECT below, _In_ const GUID *type, USHORT version,
                           _Out_writes_bytes_(whole) PINTERFACE out, USHORT whole, USHORT minimum);
/* No routine of it is called from here on (IFACE-REFERENCE). */
_IRQL_requires_max_(DISPATCH_LEVEL)
void irp_release_interface(_Out_writes_bytes_(whole) PINTERFACE held, SIZE_T whole);

/* The answer to IRP_MN_QUERY_INTERFACE: no more than Size bytes, and Size says how many there are. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS irp_give_interface(_In_ PIO_STACK_LOCATION stack, _In_reads_bytes_(whole_size) PVOID whole,
                            USHORT whole_size, USHORT minimum);

#endif
