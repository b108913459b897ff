/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a real device keeps its MSI-X table and PBA: from its configuration
 * space and the memory that Windows assigned to it.  Portable C; whoever maps the
 * memory is the driver (driver/resources.c).
 */
#ifndef IRQCTS_WINDOWS_LOCATION_H
#define IRQCTS_WINDOWS_LOCATION_H

#include "irqcts_windows/annotations.h"

#include <stdint.h>

#define IRQCTS_LOCATION_CONFIG_BYTES 256u

/* One memory resource: as the bus sees it (raw) and as the processor does (translated). */
struct irqcts_memory_resource {
    uint64_t bus;
    uint64_t physical;
    uint64_t length;
};

struct irqcts_location {
    uint32_t capability; /* offset of the MSI-X capability; 0: the device has none */
    uint32_t entries;    /* N */
    uint64_t table;      /* physical address of the first entry; 0: within none of the resources */
    uint64_t pba;
};

void irqcts_locate(_Out_ struct irqcts_location *out, _In_ const uint8_t config[IRQCTS_LOCATION_CONFIG_BYTES],
                   _In_reads_(count) const struct irqcts_memory_resource *resources, uint32_t count);

#endif
