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

/* A child's device. */
struct simulated {
    struct simulation *simulation;
    const struct bus_child *child;
    LONG references; /* of its interfaces */
    struct msix_context functions[IRQCTS_FUNCTIONS_MAX];
};

_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS simulated_query_interface(_Inout_ struct simulated *device, _In_ PIO_STACK_LOCATION stack);

#endif
