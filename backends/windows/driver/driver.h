/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqcts.sys: the function driver of the device under test.  It makes no
 * decision of its own: dispatch/ does, and this is the WDM around it.
 */
#ifndef IRQCTS_DRIVER_H
#define IRQCTS_DRIVER_H

#include "dispatch.h"
#include "irp.h"
#include "irqcts_windows/interfaces.h"

/* {5b1f0c52-7f0e-4c58-9f0e-2a4b6d9d1e00}: the device interface that user mode opens. */
static const GUID irqcts_guid_device = {
    0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x00}};

struct irqcts_device {
    PDEVICE_OBJECT self;
    PDEVICE_OBJECT physical;
    PDEVICE_OBJECT below;
    UNICODE_STRING link; /* of the device interface */
    KEVENT turn;         /* one request at a time, also against removal; a synchronization event */
    BOOLEAN started;
    BOOLEAN removed;
    PCI_MSIX_TABLE_CONFIG_INTERFACE msix; /* Context NULL: not there */
    IRQCTS_VIRTUALIZED_INTERFACE virtualized;
    IRQCTS_SIMULATION_INTERFACE simulation;
    struct irqcts_migration migration;
    /* Messages: counted at interrupt time, so these are touched with interlocked operations only. */
    LONG counts[IRQCTS_ENTRIES_MAX];
    ULONG message_count;
    PIO_INTERRUPT_MESSAGE_INFO message_info;
    /* Pended IRQCTS_IO_WAIT. */
    KSPIN_LOCK waits_lock;
    LIST_ENTRY waits;
};

/* interfaces.c: asks the stack below at PASSIVE_LEVEL; what is not there stays empty. */
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_acquire_interfaces(struct irqcts_device *device);
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_release_interfaces(struct irqcts_device *device);

/* operations.c */
void driver_target(struct irqcts_device *device, struct irqcts_target *out);

/* messages.c */
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_connect_messages(struct irqcts_device *device);
_IRQL_requires_max_(PASSIVE_LEVEL) void driver_disconnect_messages(struct irqcts_device *device);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID driver_message(PVOID context, ULONG message);

/* waits.c: cancel-safe.  driver_wait returns STATUS_PENDING or a final status; it completes nothing itself. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS driver_wait(struct irqcts_device *device, PIRP irp);
_IRQL_requires_max_(DISPATCH_LEVEL) void driver_waits_deliver(struct irqcts_device *device, ULONG message);
/* Those of one file object, or all when it is NULL. */
_IRQL_requires_max_(DISPATCH_LEVEL)
void driver_waits_end(struct irqcts_device *device, _In_opt_ PFILE_OBJECT file, NTSTATUS status);

#endif
