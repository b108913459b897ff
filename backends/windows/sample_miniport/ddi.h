/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample's DDIs of live migration: DxgkDdiWriteVirtualizedInterrupt and what
 * stands around it.  This is the part that a vendor has already; it is here so
 * that the suite has something to call.  Portable C over a small set of routines
 * that reach the device, so that a fuzzer can call it too (tests/fuzz_migration.c).
 *
 * The suite calls the DDIs of one adapter one after the other.  They are named
 * as Windows' own code is, so that docs/miniport.md reads like a miniport.
 */
#ifndef IRQCTS_SAMPLE_DDI_H
#define IRQCTS_SAMPLE_DDI_H

#include "irqcts/operation.h"
#include "irqcts_windows/migration.h"

/* The device under the miniport.  `function` is 1 + vfIndex. */
struct sample_device {
    void *context;
    irqcts_ntstatus (*write)(void *context, uint32_t function, int32_t index,
                             const struct irqcts_dxgk_table_entry *value);
    /* N of a function; STATUS_INVALID_PARAMETER when it is not there. */
    irqcts_ntstatus (*entries)(void *context, uint32_t function, uint32_t *entries);
    /* As IRQCTS_SIMULATION_INTERFACE's Save and Restore: of a paused function. */
    irqcts_ntstatus (*save)(void *context, uint32_t function, uint8_t *state, size_t *size);
    irqcts_ntstatus (*restore)(void *context, uint32_t function, const uint8_t *state, size_t size);
};

/* hAdapter points to this. */
struct sample_adapter {
    struct sample_device device;
    uint8_t migrating[IRQCTS_VIRTUAL_FUNCTIONS_MAX]; /* 0: no; 1 + enum irqcts_dxgk_migration_type */
};

irqcts_ntstatus IRQCTS_DDI SampleWriteVirtualizedInterrupt(void *adapter,
                                                           const struct irqcts_dxgk_write_virtualized *arguments);
irqcts_ntstatus IRQCTS_DDI SamplePrepareLiveMigration(void *adapter,
                                                      const struct irqcts_dxgk_prepare_migration *arguments);
irqcts_ntstatus IRQCTS_DDI SampleSaveImmutableMigrationData(void *adapter,
                                                            struct irqcts_dxgk_save_migration *arguments);
irqcts_ntstatus IRQCTS_DDI SampleSaveMutableMigrationData(void *adapter, struct irqcts_dxgk_save_migration *arguments);
irqcts_ntstatus IRQCTS_DDI SampleRestoreImmutableMigrationData(void *adapter,
                                                               const struct irqcts_dxgk_restore_migration *arguments);
irqcts_ntstatus IRQCTS_DDI SampleRestoreMutableMigrationData(void *adapter,
                                                             const struct irqcts_dxgk_restore_migration *arguments);
irqcts_ntstatus IRQCTS_DDI SampleEndLiveMigration(void *adapter, uint32_t virtual_function);

#endif
