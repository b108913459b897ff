/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces that irqcts.sys asks of the stack below it by IRP_MN_QUERY_INTERFACE.
 *
 *   GUID_MSIX_TABLE_CONFIG_INTERFACE   Windows' own: PCI_MSIX_TABLE_CONFIG_INTERFACE (IFACE-*)
 *   GUID_IRQCTS_VIRTUALIZED            a display miniport's DDIs, exposed in a test build (VWRITE-*);
 *                                      docs/windows.md says how a vendor adds it
 *   GUID_BUS_INTERFACE_STANDARD        Windows' own: configuration space, for observation
 *   GUID_IRQCTS_STIMULUS               how the device is made to have an event: a vendor's lower filter
 *   GUID_IRQCTS_MESSAGES               messages of a device that has no interrupts of Windows' own: simulated ones
 *   GUID_IRQCTS_OPTIONS                options of a device on the simulated bus, faults among them
 *   GUID_IRQCTS_SIMULATION             a simulated device: everything that a program needs besides
 */
#ifndef IRQCTS_WINDOWS_INTERFACES_H
#define IRQCTS_WINDOWS_INTERFACES_H

#include "irqcts_windows/kernel.h"
#include "irqcts_windows/migration.h"
#include "irqcts/operation.h"

/* {1a6a460b-194f-455d-b34b-b84c5b05712b} (IFACE-GUID) */
static const GUID irqcts_guid_msix = {
    0x1a6a460b, 0x194f, 0x455d, {0xb3, 0x4b, 0xb8, 0x4c, 0x5b, 0x05, 0x71, 0x2b}};
/* {5b1f0c52-7f0e-4c58-9f0e-2a4b6d9d1e01} */
static const GUID irqcts_guid_virtualized = {
    0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x01}};
/* {5b1f0c52-7f0e-4c58-9f0e-2a4b6d9d1e02} */
static const GUID irqcts_guid_simulation = {
    0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x02}};
/* {5b1f0c52-7f0e-4c58-9f0e-2a4b6d9d1e03} */
static const GUID irqcts_guid_stimulus = {
    0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x03}};
/* {5b1f0c52-7f0e-4c58-9f0e-2a4b6d9d1e04} */
static const GUID irqcts_guid_messages = {
    0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x04}};
/* {5b1f0c52-7f0e-4c58-9f0e-2a4b6d9d1e05} */
static const GUID irqcts_guid_options = {
    0x5b1f0c52, 0x7f0e, 0x4c58, {0x9f, 0x0e, 0x2a, 0x4b, 0x6d, 0x9d, 0x1e, 0x05}};
/* {496b8280-6f25-11d0-beaf-08002be2092f}, GUID_BUS_INTERFACE_STANDARD of <wdmguid.h> */
static const GUID irqcts_guid_bus = {
    0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};

#if defined(_WIN64)
_Static_assert(sizeof(PCI_MSIX_TABLE_CONFIG_INTERFACE) == 72, "IFACE-LAYOUT");
_Static_assert(FIELD_OFFSET(PCI_MSIX_TABLE_CONFIG_INTERFACE, GetTableEntry) == 56, "IFACE-LAYOUT: minimum size");
#else
_Static_assert(sizeof(PCI_MSIX_TABLE_CONFIG_INTERFACE) == 36, "IFACE-LAYOUT");
_Static_assert(FIELD_OFFSET(PCI_MSIX_TABLE_CONFIG_INTERFACE, GetTableEntry) == 28, "IFACE-LAYOUT: minimum size");
#endif
#define IRQCTS_MSIX_INTERFACE_MINIMUM ((USHORT)FIELD_OFFSET(PCI_MSIX_TABLE_CONFIG_INTERFACE, GetTableEntry))
#define IRQCTS_INTERFACE_VERSION 1

typedef struct _IRQCTS_VIRTUALIZED_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    struct irqcts_dxgk_routines Routines;
} IRQCTS_VIRTUALIZED_INTERFACE;

/* A vendor's counterpart to backends/vfio/stimulus.h.  Called at PASSIVE_LEVEL, one routine at a time
 * unless it says otherwise.  It leaves the MSI-X table, the PBA and Message Control alone: they are what is under
 * test. */
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS IRQCTS_STIMULUS_ARM(_In_ PVOID Context);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS IRQCTS_STIMULUS_RAISE(_In_ PVOID Context, ULONG Entry);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS IRQCTS_STIMULUS_WITHDRAW(_In_ PVOID Context, ULONG Entry);

typedef struct _IRQCTS_STIMULUS_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    ULONG Properties; /* enum irqcts_stimulus_property */
    ULONG Reserved;
    /* Before every program: brings the device to where Raise works, with no event outstanding. */
    IRQCTS_STIMULUS_ARM *Arm;
    /* One event on the entry; STATUS_NOT_SUPPORTED where the device has none for it. */
    IRQCTS_STIMULUS_RAISE *Raise;
    /* The cause is satisfied without an interrupt (PEND-WITHDRAWN).  NULL where the device cannot do that. */
    IRQCTS_STIMULUS_WITHDRAW *Withdraw;
} IRQCTS_STIMULUS_INTERFACE;

enum irqcts_stimulus_property {
    IRQCTS_STIMULUS_REPEATS = 1, /* one event may send its message more than once */
    IRQCTS_STIMULUS_INEXACT = 2, /* how often a message arrives means nothing, only whether it does */
    IRQCTS_STIMULUS_CONCURRENT = 4 /* Raise may be called by several threads at once */
};

/* A message service routine: what IoConnectInterruptEx would have been given. */
typedef _IRQL_requires_max_(DISPATCH_LEVEL) VOID IRQCTS_MESSAGE_ROUTINE(_In_ PVOID Context, ULONG MessageId);

typedef _IRQL_requires_max_(PASSIVE_LEVEL) VOID
IRQCTS_MESSAGES_CONNECT(_In_ PVOID Context, _In_opt_ IRQCTS_MESSAGE_ROUTINE *Routine, _In_opt_ PVOID RoutineContext);

typedef struct _IRQCTS_MESSAGES_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    /* Messages of function 0 arrive by this routine at DISPATCH_LEVEL or below; NULL takes it away. */
    IRQCTS_MESSAGES_CONNECT *Connect;
    ULONG MessageCount; /* M; of a simulation, which a program configures, it says nothing */
    ULONG Reserved;
} IRQCTS_MESSAGES_INTERFACE;

/* Another device with these options of the emulator; refused ones leave the old one and say why. */
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
IRQCTS_OPTIONS_CHOOSE(_In_ PVOID Context, _In_z_ const char *Options, _Out_writes_z_(SentenceSize) char *Sentence,
                      SIZE_T SentenceSize);

typedef struct _IRQCTS_OPTIONS_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    IRQCTS_OPTIONS_CHOOSE *Choose;
} IRQCTS_OPTIONS_INTERFACE;

typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
IRQCTS_SIMULATION_OPERATE(_In_ PVOID Context, _In_ const struct irqcts_operation *Operation, _Out_ ULONG64 *Value);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN IRQCTS_SIMULATION_CONCURRENT(_In_ PVOID Context);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) VOID
IRQCTS_SIMULATION_POLL(_In_ PVOID Context, _Inout_ struct irqcts_delivery_buffer *Deliveries);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
IRQCTS_SIMULATION_MESSAGES(_In_ PVOID Context, ULONG Function, ULONG First, ULONG Count,
                           _Out_writes_(Count) struct irqcts_message *Messages);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
IRQCTS_SIMULATION_SAVE(_In_ PVOID Context, ULONG Function, _Out_writes_bytes_to_(*Size, *Size) PUCHAR State,
                       _Inout_ SIZE_T *Size);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
IRQCTS_SIMULATION_RESTORE(_In_ PVOID Context, ULONG Function, _In_reads_bytes_(Size) const UCHAR *State, SIZE_T Size);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) VOID IRQCTS_SIMULATION_POWER(_In_ PVOID Context, DEVICE_POWER_STATE State);
typedef _IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
IRQCTS_SIMULATION_QUERY_FUNCTION(_In_ PVOID Context, ULONG Function,
                                 _Out_ PCI_MSIX_TABLE_CONFIG_INTERFACE *Interface);

typedef struct _IRQCTS_SIMULATION_INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    IRQCTS_SIMULATION_OPERATE *Operate;
    IRQCTS_SIMULATION_CONCURRENT *Concurrent; /* whether Operate may be called by several threads at once */
    /* Arrivals that are no message of function 0. */
    IRQCTS_SIMULATION_POLL *Poll;
    IRQCTS_SIMULATION_MESSAGES *Messages;
    /* The state of a paused function as bytes.  *Size is the room, then what there is; STATUS_BUFFER_TOO_SMALL
     * when that is more. */
    IRQCTS_SIMULATION_SAVE *Save;
    IRQCTS_SIMULATION_RESTORE *Restore;
    /* The device changes its power state, as its bus driver does it. */
    IRQCTS_SIMULATION_POWER *Power;
    /* The interface that the bus driver gives to a virtual function, which is a device of its own there. */
    IRQCTS_SIMULATION_QUERY_FUNCTION *QueryFunction;
    ULONG EntriesMax;
    ULONG VirtualFunctionsMax;
} IRQCTS_SIMULATION_INTERFACE;

#endif
