/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving and restoring a virtual function by the DDIs of a display miniport, in
 * the order in which Windows calls them (WDDM 3.2): prepare, immutable data,
 * mutable data, end.  Portable C; what it was given is kept here, as bytes that
 * only the miniport can read.  At PASSIVE_LEVEL (VWRITE-IRQL).
 */
#ifndef IRQCTS_WINDOWS_MIGRATION_CALLS_H
#define IRQCTS_WINDOWS_MIGRATION_CALLS_H

#include "irqcts/operation.h"
#include "irqcts_windows/annotations.h"
#include "irqcts_windows/migration.h"

/* More than any function's state takes: a size beyond it is refused, not allocated. */
#define IRQCTS_MIGRATION_BYTES_MAX UINT64_C(0x1000000)

struct irqcts_migration_data {
    uint8_t *bytes; /* NULL: none */
    size_t size;
};

struct irqcts_migration_slot {
    uint32_t saved;
    struct irqcts_migration_data immutable_data;
    struct irqcts_migration_data mutable_data;
};

struct irqcts_migration {
    void *(*allocate)(size_t size); /* NULL without memory */
    void (*release)(void *memory);
    struct irqcts_migration_slot slots[IRQCTS_SLOTS_MAX];
};

/* `slot` is below IRQCTS_SLOTS_MAX; `routines` offer save. */
_Must_inspect_result_
irqcts_ntstatus irqcts_migration_save(_Inout_ struct irqcts_migration *migration,
                                      _In_ const struct irqcts_dxgk_routines *routines, uint32_t virtual_function,
                                      _In_range_(0, IRQCTS_SLOTS_MAX - 1) uint32_t slot);
/* `corruption` is an enum irqcts_corruption.  The bytes mean nothing to anybody but the miniport, so all that can be
 * done to them here is to leave some out (SIZE); the others are STATUS_NOT_SUPPORTED. */
_Must_inspect_result_
irqcts_ntstatus irqcts_migration_restore(_Inout_ struct irqcts_migration *migration,
                                         _In_ const struct irqcts_dxgk_routines *routines, uint32_t virtual_function,
                                         _In_range_(0, IRQCTS_SLOTS_MAX - 1) uint32_t slot, uint32_t corruption);
/* Nothing is saved from here on: in one slot, in all of them. */
void irqcts_migration_forget_slot(struct irqcts_migration *migration, uint32_t slot);
void irqcts_migration_forget(struct irqcts_migration *migration);

#endif
