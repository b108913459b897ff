/* SPDX-License-Identifier: Apache-2.0 */
#include "migration_calls.h"

#include <string.h>

enum { GUARD = 32, PATTERN = 0xa7, MISSING = 4 };

typedef irqcts_ntstatus(IRQCTS_DDI *save_routine)(void *adapter, struct irqcts_dxgk_save_migration *arguments);

static void forget(struct irqcts_migration *migration, struct irqcts_migration_data *data)
{
    if (data->bytes != NULL) {
        migration->release(data->bytes);
    }
    data->bytes = NULL;
    data->size = 0;
}

void irqcts_migration_forget_slot(struct irqcts_migration *migration, uint32_t slot)
{
    forget(migration, &migration->slots[slot].immutable_data);
    forget(migration, &migration->slots[slot].mutable_data);
    migration->slots[slot].saved = 0;
}

void irqcts_migration_forget(struct irqcts_migration *migration)
{
    for (uint32_t slot = 0; slot < IRQCTS_SLOTS_MAX; slot++) {
        irqcts_migration_forget_slot(migration, slot);
    }
}

/* Nothing behind the buffer was written, and no more is claimed than it holds. */
static int within(const uint8_t *bytes, size_t size, uint64_t claimed)
{
    for (size_t at = size; at < size + GUARD; at++) {
        if (bytes[at] != PATTERN) {
            return 0;
        }
    }
    return claimed <= size;
}

/* The documented pattern: the size first, then the bytes.  After a refusal the caller forgets the slot. */
static irqcts_ntstatus fetch(struct irqcts_migration *migration, const struct irqcts_dxgk_routines *routines,
                             save_routine routine, uint32_t virtual_function, struct irqcts_migration_data *out)
{
    uint64_t size = 0;
    struct irqcts_dxgk_save_migration arguments = {.vfIndex = virtual_function, .DataSize = &size};
    irqcts_ntstatus status = routine(routines->Adapter, &arguments);
    uint64_t claimed = size;

    if (status < 0 && status != IRQCTS_NT_BUFFER_TOO_SMALL) {
        return status;
    }
    if (size == 0) {
        return IRQCTS_NT_SUCCESS; /* the driver has nothing to carry over */
    }
    if (size > IRQCTS_MIGRATION_BYTES_MAX) {
        return IRQCTS_NT_INVALID_BUFFER_SIZE;
    }
    out->bytes = migration->allocate((size_t)size + GUARD);
    if (out->bytes == NULL) {
        return IRQCTS_NT_INSUFFICIENT_RESOURCES;
    }
    memset(out->bytes, PATTERN, (size_t)size + GUARD);
    arguments = (struct irqcts_dxgk_save_migration){
        .vfIndex = virtual_function, .DataSize = &claimed, .Data = out->bytes};
    status = routine(routines->Adapter, &arguments);
    if (!within(out->bytes, (size_t)size, claimed)) {
        status = IRQCTS_NT_DATA_ERROR;
    }
    out->size = (size_t)claimed;
    return status;
}

static irqcts_ntstatus prepare(const struct irqcts_dxgk_routines *routines, uint32_t virtual_function, int32_t type)
{
    const struct irqcts_dxgk_prepare_migration arguments = {virtual_function, type};

    return irqcts_dxgk_offers_prepare(routines) ? routines->PrepareLiveMigration(routines->Adapter, &arguments)
                                                : IRQCTS_NT_SUCCESS;
}

/* Ends what was prepared, however it went; the first refusal counts. */
static irqcts_ntstatus end(const struct irqcts_dxgk_routines *routines, uint32_t virtual_function,
                           irqcts_ntstatus status)
{
    irqcts_ntstatus ended = irqcts_dxgk_offers_end(routines)
                                ? routines->EndLiveMigration(routines->Adapter, virtual_function)
                                : IRQCTS_NT_SUCCESS;

    return status < 0 ? status : ended;
}

irqcts_ntstatus irqcts_migration_save(struct irqcts_migration *migration, const struct irqcts_dxgk_routines *routines,
                                      uint32_t virtual_function, uint32_t slot)
{
    struct irqcts_migration_slot *into = &migration->slots[slot];
    irqcts_ntstatus status = prepare(routines, virtual_function, IRQCTS_DXGK_MIGRATION_SOURCE);

    if (status < 0) {
        return status;
    }
    irqcts_migration_forget_slot(migration, slot);
    status = fetch(migration, routines, routines->SaveImmutableMigrationData, virtual_function, &into->immutable_data);
    if (status >= 0) {
        status = fetch(migration, routines, routines->SaveMutableMigrationData, virtual_function, &into->mutable_data);
    }
    status = end(routines, virtual_function, status);
    if (status < 0) {
        irqcts_migration_forget_slot(migration, slot);
    }
    into->saved = status >= 0;
    return status;
}

irqcts_ntstatus irqcts_migration_restore(struct irqcts_migration *migration,
                                         const struct irqcts_dxgk_routines *routines, uint32_t virtual_function,
                                         uint32_t slot, uint32_t corruption)
{
    const struct irqcts_migration_slot *from = &migration->slots[slot];
    struct irqcts_dxgk_restore_migration arguments = {
        .vfIndex = virtual_function, .DataSize = from->immutable_data.size, .Data = from->immutable_data.bytes};
    irqcts_ntstatus status;

    if (corruption > IRQCTS_CORRUPTION_SIZE) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    if (!from->saved) {
        return IRQCTS_NT_INVALID_DEVICE_STATE;
    }
    status = prepare(routines, virtual_function, IRQCTS_DXGK_MIGRATION_TARGET);
    if (status < 0) {
        return status;
    }
    status = routines->RestoreImmutableMigrationData(routines->Adapter, &arguments);
    if (status >= 0) {
        arguments.DataSize = from->mutable_data.size;
        arguments.Data = from->mutable_data.bytes;
        if (corruption == IRQCTS_CORRUPTION_SIZE) {
            arguments.DataSize -= arguments.DataSize > MISSING ? MISSING : arguments.DataSize;
        }
        status = routines->RestoreMutableMigrationData(routines->Adapter, &arguments);
    }
    return end(routines, virtual_function, status);
}
