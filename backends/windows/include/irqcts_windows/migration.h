/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The argument structures of DxgkDdiWriteVirtualizedInterrupt (VWRITE-LAYOUT),
 * laid out as the reference pages give them, for builds without d3dkmddi.h.
 * They come from documentation and generated bindings: compare them with a WDK
 * of 24H2 before relying on more than the tests do.
 */
#ifndef IRQCTS_WINDOWS_MIGRATION_H
#define IRQCTS_WINDOWS_MIGRATION_H

#include <stddef.h>
#include <stdint.h>

/* DXGK_INTERRUPT_TABLE_ENTRY */
struct irqcts_dxgk_table_entry {
    uint64_t MessageAddress;
    uint32_t MessageData;
    uint32_t VectorControl;
};

/* DXGKARG_GPUP_WRITE_VIRTUALIZED_MSIX; the index is signed. */
struct irqcts_dxgk_write_virtualized {
    uint32_t vfIndex;
    int16_t InterruptTableIndex;
    uint16_t Padding; /* between the two in the original too */
    struct irqcts_dxgk_table_entry WriteValue;
};

_Static_assert(sizeof(struct irqcts_dxgk_table_entry) == 16 &&
                   offsetof(struct irqcts_dxgk_table_entry, MessageData) == 8 &&
                   offsetof(struct irqcts_dxgk_table_entry, VectorControl) == 12,
               "VWRITE-LAYOUT: DXGK_INTERRUPT_TABLE_ENTRY");
_Static_assert(sizeof(struct irqcts_dxgk_write_virtualized) == 24 &&
                   offsetof(struct irqcts_dxgk_write_virtualized, InterruptTableIndex) == 4 &&
                   offsetof(struct irqcts_dxgk_write_virtualized, WriteValue) == 8,
               "VWRITE-LAYOUT: DXGKARG_GPUP_WRITE_VIRTUALIZED_MSIX");

#endif
