/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live migration of a virtual function in WDDM 3.2: the argument structures of
 * the DDIs, laid out as the reference pages give them (VWRITE-LAYOUT), for builds
 * without d3dkmddi.h, and the DDIs that a display miniport lends to the suite.
 *
 * They come from documentation and generated bindings: compare them with a WDK
 * of 24H2 before relying on more than the tests do.  Every DDI is called at
 * PASSIVE_LEVEL (VWRITE-IRQL).
 */
#ifndef IRQCTS_WINDOWS_MIGRATION_H
#define IRQCTS_WINDOWS_MIGRATION_H

#include "irqcts_windows/status.h"

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

/* DXGK_GPUP_MIGRATIONTYPE */
enum irqcts_dxgk_migration_type {
    IRQCTS_DXGK_MIGRATION_SOURCE = 0,
    IRQCTS_DXGK_MIGRATION_TARGET = 1
};

/* DXGKARG_GPUP_PREPARE_LIVE_MIGRATION */
struct irqcts_dxgk_prepare_migration {
    uint32_t vfIndex;
    int32_t MigrationType; /* enum irqcts_dxgk_migration_type */
};

/* DXGKARG_GPUP_SAVE_IMMUTABLE_MIGRATION_DATA and …_SAVE_MUTABLE_…: called twice, first with *DataSize = 0 and
 * Data = NULL to learn the size, then with a buffer of it. */
struct irqcts_dxgk_save_migration {
    uint32_t vfIndex;
    uint32_t Padding;
    uint64_t *DataSize;
    uint8_t *Data;
};

/* DXGKARG_GPUP_RESTORE_IMMUTABLE_MIGRATION_DATA and …_RESTORE_MUTABLE_… */
struct irqcts_dxgk_restore_migration {
    uint32_t vfIndex;
    uint32_t Padding;
    uint64_t DataSize;
    uint8_t *Data;
};

_Static_assert(sizeof(struct irqcts_dxgk_table_entry) == 16 &&
                   offsetof(struct irqcts_dxgk_table_entry, MessageData) == 8 &&
                   offsetof(struct irqcts_dxgk_table_entry, VectorControl) == 12,
               "VWRITE-LAYOUT: DXGK_INTERRUPT_TABLE_ENTRY");
_Static_assert(sizeof(struct irqcts_dxgk_write_virtualized) == 24 &&
                   offsetof(struct irqcts_dxgk_write_virtualized, InterruptTableIndex) == 4 &&
                   offsetof(struct irqcts_dxgk_write_virtualized, WriteValue) == 8,
               "VWRITE-LAYOUT: DXGKARG_GPUP_WRITE_VIRTUALIZED_MSIX");
_Static_assert(sizeof(struct irqcts_dxgk_prepare_migration) == 8 &&
                   offsetof(struct irqcts_dxgk_prepare_migration, MigrationType) == 4,
               "DXGKARG_GPUP_PREPARE_LIVE_MIGRATION");
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(struct irqcts_dxgk_save_migration) == 24 &&
                   offsetof(struct irqcts_dxgk_save_migration, DataSize) == 8 &&
                   offsetof(struct irqcts_dxgk_save_migration, Data) == 16,
               "DXGKARG_GPUP_SAVE_MUTABLE_MIGRATION_DATA");
_Static_assert(sizeof(struct irqcts_dxgk_restore_migration) == 24 &&
                   offsetof(struct irqcts_dxgk_restore_migration, DataSize) == 8 &&
                   offsetof(struct irqcts_dxgk_restore_migration, Data) == 16,
               "DXGKARG_GPUP_RESTORE_MUTABLE_MIGRATION_DATA");
#endif

#ifdef _WIN32
#  define IRQCTS_DDI __stdcall /* APIENTRY */
#else
#  define IRQCTS_DDI
#endif

/* Which of the routines are there.  A routine is called when its bit is set and it is not NULL. */
enum irqcts_dxgk_offer {
    IRQCTS_OFFERS_WRITE = 1,
    IRQCTS_OFFERS_PREPARE = 2,
    IRQCTS_OFFERS_SAVE = 4,    /* both pairs of save and restore: one without the other moves nothing */
    IRQCTS_OFFERS_END = 8
};

/* The DDIs themselves, as they stand in the miniport's DRIVER_INITIALIZATION_DATA. */
struct irqcts_dxgk_routines {
    void *Adapter; /* hAdapter: what DxgkDdiAddDevice returned as MiniportDeviceContext */
    uint32_t Offered; /* enum irqcts_dxgk_offer */
    uint32_t Reserved;
    irqcts_ntstatus(IRQCTS_DDI *WriteVirtualizedInterrupt)(void *adapter,
                                                           const struct irqcts_dxgk_write_virtualized *arguments);
    irqcts_ntstatus(IRQCTS_DDI *PrepareLiveMigration)(void *adapter,
                                                      const struct irqcts_dxgk_prepare_migration *arguments);
    irqcts_ntstatus(IRQCTS_DDI *SaveImmutableMigrationData)(void *adapter,
                                                            struct irqcts_dxgk_save_migration *arguments);
    irqcts_ntstatus(IRQCTS_DDI *SaveMutableMigrationData)(void *adapter, struct irqcts_dxgk_save_migration *arguments);
    irqcts_ntstatus(IRQCTS_DDI *RestoreImmutableMigrationData)(void *adapter,
                                                               const struct irqcts_dxgk_restore_migration *arguments);
    irqcts_ntstatus(IRQCTS_DDI *RestoreMutableMigrationData)(void *adapter,
                                                             const struct irqcts_dxgk_restore_migration *arguments);
    irqcts_ntstatus(IRQCTS_DDI *EndLiveMigration)(void *adapter, uint32_t vfIndex);
};

static inline int irqcts_dxgk_offers_write(const struct irqcts_dxgk_routines *routines)
{
    return (routines->Offered & IRQCTS_OFFERS_WRITE) != 0 && routines->WriteVirtualizedInterrupt != NULL;
}

static inline int irqcts_dxgk_offers_prepare(const struct irqcts_dxgk_routines *routines)
{
    return (routines->Offered & IRQCTS_OFFERS_PREPARE) != 0 && routines->PrepareLiveMigration != NULL;
}

static inline int irqcts_dxgk_offers_save(const struct irqcts_dxgk_routines *routines)
{
    return (routines->Offered & IRQCTS_OFFERS_SAVE) != 0 && routines->SaveImmutableMigrationData != NULL &&
           routines->SaveMutableMigrationData != NULL && routines->RestoreImmutableMigrationData != NULL &&
           routines->RestoreMutableMigrationData != NULL;
}

static inline int irqcts_dxgk_offers_end(const struct irqcts_dxgk_routines *routines)
{
    return (routines->Offered & IRQCTS_OFFERS_END) != 0 && routines->EndLiveMigration != NULL;
}

#endif
