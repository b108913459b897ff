/* SPDX-License-Identifier: Apache-2.0 */
/* The sample miniport's device context: what hAdapter and MiniportDeviceContext point to. */
#ifndef IRQCTS_SAMPLE_MINIPORT_H
#define IRQCTS_SAMPLE_MINIPORT_H

#include "ddi.h"
#include "irqcts_windows/interfaces.h"

struct miniport {
    struct sample_adapter adapter;        /* first: the DDIs get the same pointer */
    IRQCTS_SIMULATION_INTERFACE hardware; /* a real one has registers instead */
    LONG references;                      /* of the interfaces given out */
};

/* QUERY_INTERFACE of the WDK's <dispmprt.h>, which mingw-w64 does not have. */
struct sample_query_interface {
    const GUID *InterfaceType;
    USHORT Size;
    USHORT Version;
    PINTERFACE Interface;
    PVOID InterfaceSpecificData;
    ULONG DeviceUid;
};
#if __has_include(<dispmprt.h>)
#  include <dispmprt.h>
C_ASSERT(sizeof(QUERY_INTERFACE) == sizeof(struct sample_query_interface));
#else
typedef struct sample_query_interface QUERY_INTERFACE, *PQUERY_INTERFACE;
#endif

/* DxgkDdiQueryInterface (query.c). */
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_
NTSTATUS NTAPI SampleQueryInterface(_In_ const PVOID MiniportDeviceContext, _In_ PQUERY_INTERFACE QueryInterface);

#endif
