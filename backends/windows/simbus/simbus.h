/* SPDX-License-Identifier: Apache-2.0 */
/* irqctsbus.sys: a root-enumerated bus with simulated devices. */
#ifndef IRQCTS_SIMBUS_BUS_H
#define IRQCTS_SIMBUS_BUS_H

#include "bus.h"
#include "irqcts_windows/interfaces.h"
#include "simulation.h"

struct simulated;

/* What the routines of one function's PCI_MSIX_TABLE_CONFIG_INTERFACE get as Context (IFACE-CONTEXT). */
struct msix_context {
    struct simulated *device;
    ULONG function;
};

/* N and M of the plain device: not every entry has a message of its own (ROUTE-DEFAULT-SURPLUS). */
enum { PLAIN_ENTRIES = 16, PLAIN_MESSAGES = 12 };

/* A child's device. */
struct simulated {
    struct simulation *simulation;
    BOOLEAN plain; /* shows itself as a real device does (plain.c) */
    const struct bus_child *child;
    LONG references; /* of its interfaces */
    struct msix_context functions[IRQCTS_FUNCTIONS_MAX];
};

/* NULL when the device is gone: then its routines say so, instead of touching it.  `context` is a struct
 * msix_context. */
_IRQL_requires_max_(HIGH_LEVEL) _Ret_maybenull_
struct simulation *simulated_present(_In_ PVOID context);
VOID NTAPI simulated_reference(PVOID context);
VOID NTAPI simulated_dereference(PVOID context);

/* The plain device as it is when its driver is started, with these options. */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS plain_start(_In_ struct simulation *simulation, _In_z_ const char *options,
                     _Out_writes_z_(size) char *sentence, SIZE_T size);
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS plain_query_interface(_Inout_ struct simulated *device, _In_ PIO_STACK_LOCATION stack);

_IRQL_requires_(PASSIVE_LEVEL)
void simulated_power(_Inout_ struct simulated *device, DEVICE_POWER_STATE state);
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS simulated_query_interface(_Inout_ struct simulated *device, _In_ PIO_STACK_LOCATION stack);

#endif
