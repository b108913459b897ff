/* SPDX-License-Identifier: Apache-2.0 */
/* irqctsbus.sys: a root-enumerated bus with one child, the simulated device. */
#ifndef IRQCTS_SIMBUS_BUS_H
#define IRQCTS_SIMBUS_BUS_H

#include "irqcts_windows/interfaces.h"
#include "simulation.h"

enum bus_kind { BUS_DEVICE = 1, CHILD_DEVICE = 2 };

/* What the routines of one function's PCI_MSIX_TABLE_CONFIG_INTERFACE get as Context (IFACE-CONTEXT). */
struct msix_context {
    struct child *child;
    ULONG function;
};

/* Both extensions begin with the kind. */
struct bus {
    enum bus_kind kind;
    PDEVICE_OBJECT self;
    PDEVICE_OBJECT physical;
    PDEVICE_OBJECT below;
    PDEVICE_OBJECT child;
};

struct child {
    enum bus_kind kind;
    PDEVICE_OBJECT self;
    struct simulation *simulation;
    LONG references; /* of its interfaces */
    struct msix_context functions[IRQCTS_FUNCTIONS_MAX];
};

NTSTATUS child_create(PDRIVER_OBJECT driver, PDEVICE_OBJECT *out);
NTSTATUS child_pnp(struct child *child, PIRP irp);
/* IRP_MN_QUERY_INTERFACE; for a GUID that is not known the status stays as it is (IFACE-QUERY). */
int child_knows_interface(const GUID *type);
NTSTATUS child_query_interface(struct child *child, PIO_STACK_LOCATION stack);

#endif
