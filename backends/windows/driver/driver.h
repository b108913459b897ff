/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqcts.sys: the function driver of the device under test.  It makes no
 * decision of its own: dispatch/ does, and this is the WDM around it.
 */
#ifndef IRQCTS_DRIVER_H
#define IRQCTS_DRIVER_H

#include "irp.h" /* first: the kernel's own annotations */

#include "dispatch.h"
#include "location.h"
#include "real_device.h"
#include "irqcts_windows/interfaces.h"

/* {5b1f0c52-7f0e-4c58-9f0e-2a4b6d9d1e00}: the device interface that user mode opens. */
static const GUID irqcts_guid_device = {
    0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x00}};

typedef NTSTATUS(NTAPI *driver_request_power)(PDEVICE_OBJECT, UCHAR, POWER_STATE, PREQUEST_POWER_COMPLETE, PVOID,
                                              PIRP *);

struct irqcts_device {
    PDEVICE_OBJECT self;
    PDEVICE_OBJECT physical;
    PDEVICE_OBJECT below;
    UNICODE_STRING link;  /* of the device interface */
    KEVENT turn;          /* one request at a time, also against removal; a synchronization event */
    LONG beside;          /* requests that worker threads are answering (beside.c) */
    KEVENT nobody_beside; /* set when there are none any more, also from before; a notification event */
    IO_REMOVE_LOCK remove_lock; /* of the system's power requests, which must not wait for the turn */
    driver_request_power request_power; /* PoRequestPowerIrp; NULL where there is no power manager */
    BOOLEAN started;
    BOOLEAN leaving; /* being removed: a RUN ends after the operation that is under way; set without the turn */
    BOOLEAN removed;
    /* What the stack below offers; a routine that is NULL is not there. */
    PCI_MSIX_TABLE_CONFIG_INTERFACE msix;
    BUS_INTERFACE_STANDARD bus;
    IRQCTS_VIRTUALIZED_INTERFACE virtualized;
    IRQCTS_STIMULUS_INTERFACE stimulus;
    IRQCTS_MESSAGES_INTERFACE messages;
    IRQCTS_OPTIONS_INTERFACE options;
    IRQCTS_SIMULATION_INTERFACE simulation;
    struct irqcts_real_device real; /* where there is no simulation */
    PVOID table;                    /* mapped, read-only; with them their sizes */
    PVOID pba;
    SIZE_T table_bytes;
    SIZE_T pba_bytes;
    struct irqcts_migration migration;
    /* Messages: counted at interrupt time, so these are touched with interlocked operations only. */
    LONG counts[IRQCTS_ENTRIES_MAX];
    LONG arrivals; /* of all messages */
    ULONG settle_us;
    ULONG noted_level; /* enum irqcts_windows_level */
    ULONG message_count;
    PIO_INTERRUPT_MESSAGE_INFO message_info;
    /* Pended IRQCTS_IO_WAIT. */
    KSPIN_LOCK waits_lock;
    LIST_ENTRY waits;
};

/* interfaces.c: asks the stack below at PASSIVE_LEVEL; what is not there stays empty. */
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_acquire_interfaces(struct irqcts_device *device);
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_release_interfaces(struct irqcts_device *device);

/* The address of a routine of the kernel, which ISO C does not convert from PVOID: into *out; NULL when this kernel has
 * none of that name. */
_IRQL_requires_(PASSIVE_LEVEL) void driver_resolve(_Out_writes_bytes_(sizeof(PVOID)) PVOID out, _In_ PCWSTR name);

/* resources.c: where the device keeps its table, mapped for reading as far as the resources of START_DEVICE allow. */
_IRQL_requires_(PASSIVE_LEVEL)
void driver_map_device(_Inout_ struct irqcts_device *device, _In_opt_ PCM_RESOURCE_LIST raw,
                       _In_opt_ PCM_RESOURCE_LIST translated);
_IRQL_requires_(PASSIVE_LEVEL) void driver_unmap_device(_Inout_ struct irqcts_device *device);

/* power.c: to D0 … D3, and back when that is done. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS driver_set_power(_In_ struct irqcts_device *device, DEVICE_POWER_STATE state);

/* When the device is added. */
_IRQL_requires_(PASSIVE_LEVEL) void driver_find_power(_Inout_ struct irqcts_device *device);

/* IRP_MJ_POWER.  As the power policy owner this driver has a real device follow the system: without a request of its
 * own the bus neither saves nor restores the device over a sleep.  A simulated device needs no power. */
_IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS driver_power(_Inout_ struct irqcts_device *device, _Inout_ PIRP irp);

/* operations.c */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
irqcts_ntstatus driver_route(_In_ void *device, _In_ const struct irqcts_operation *operation, uint32_t level,
                             _Out_ uint64_t *value);

/* real.c: after the interfaces, the messages and the table. */
_IRQL_requires_(PASSIVE_LEVEL) void driver_prepare_real(_Inout_ struct irqcts_device *device);
void driver_target(struct irqcts_device *device, struct irqcts_target *out);

/* messages.c */
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_connect_messages(struct irqcts_device *device);
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_disconnect_messages(struct irqcts_device *device);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID driver_message(PVOID context, ULONG message);

/* Returns when no message has arrived for so long, at the latest after a second. */
_IRQL_requires_(PASSIVE_LEVEL) void driver_settle(_In_ void *device, uint32_t microseconds);

/* driver.c: one request, executed; the caller completes it. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS driver_answer(_Inout_ struct irqcts_device *device, _In_ PIRP irp, _Out_ ULONG_PTR *information);

/* beside.c: both with the turn taken. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS driver_answer_beside(_Inout_ struct irqcts_device *device, _Inout_ PIRP irp);
_IRQL_requires_(PASSIVE_LEVEL) void driver_wait_for_those_beside(_Inout_ struct irqcts_device *device);

/* waits.c: cancel-safe.  driver_wait returns STATUS_PENDING or a final status; it completes nothing itself. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS driver_wait(struct irqcts_device *device, PIRP irp);
_IRQL_requires_max_(DISPATCH_LEVEL) void driver_waits_deliver(struct irqcts_device *device, ULONG message);
/* Those of one file object, or all when it is NULL. */
_IRQL_requires_max_(DISPATCH_LEVEL)
void driver_waits_end(struct irqcts_device *device, _In_opt_ PFILE_OBJECT file, NTSTATUS status);

#endif
