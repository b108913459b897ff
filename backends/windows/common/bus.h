/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver whose device has children: irqctsbus.sys, the simulated bus, and
 * irqctsmini.sys, the sample miniport.  Plug and Play and power are the same for
 * both and stand in bus.c, DriverEntry included; what differs is bus_routines.
 */
#ifndef IRQCTS_WINDOWS_BUS_H
#define IRQCTS_WINDOWS_BUS_H

#include "irp.h"

#define BUS_CHILDREN_MAX 2u

/* Both device extensions begin with it. */
enum bus_extension { BUS_DEVICE = 1, CHILD_DEVICE = 2 };

struct bus_child;

struct bus {
    enum bus_extension kind;
    PDEVICE_OBJECT self;
    PDEVICE_OBJECT physical;
    PDEVICE_OBJECT below;
    struct bus_child *children[BUS_CHILDREN_MAX];
    ULONG child_count;
    PVOID context; /* of bus_routines */
};

/* What a child is asked for when it is enumerated: texts of REG_SZ and REG_MULTI_SZ. */
struct bus_identity {
    const WCHAR *device;
    SIZE_T device_bytes;
    const WCHAR *hardware;
    SIZE_T hardware_bytes;
};

struct bus_child {
    enum bus_extension kind;
    PDEVICE_OBJECT self;
    struct bus *bus;
    const struct bus_identity *identity;
    PVOID context;   /* of bus_routines */
    BOOLEAN removed; /* its routines answer STATUS_DEVICE_REMOVED */
};

struct bus_routines {
    /* The devices below have started: makes the children with bus_add_child.  What it leaves behind when it fails
     * is ended by `end`. */
    NTSTATUS (*start)(_Inout_ struct bus *bus);
    /* No child is in use any more; they are deleted next. */
    void (*end)(_Inout_ struct bus *bus);
    /* IRP_MN_QUERY_INTERFACE; STATUS_NOT_SUPPORTED where nobody knows the GUID (IFACE-QUERY). */
    NTSTATUS (*query_interface)(_Inout_ struct bus_child *child, _In_ PIO_STACK_LOCATION stack);
    /* A child's device changes to this state. */
    void (*power)(_Inout_ struct bus_child *child, DEVICE_POWER_STATE state);
};
extern const struct bus_routines bus_routines;

_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS bus_add_child(_Inout_ struct bus *bus, _In_ const struct bus_identity *identity, _In_ PVOID context);

#endif
