/* SPDX-License-Identifier: Apache-2.0 */
#include "ddi.h"

#include <string.h>

/* What does not change while a function moves, and must be the same where it arrives. */
struct immutable_data {
    uint32_t magic;
    uint32_t version;
    uint32_t entries;
};

enum { IMMUTABLE_MAGIC = 0x494d4749, IMMUTABLE_VERSION = 1 };

irqcts_ntstatus IRQCTS_DDI SampleWriteVirtualizedInterrupt(void *adapter,
                                                           const struct irqcts_dxgk_write_virtualized *arguments)
{
    const struct sample_adapter *sample = adapter;

    if (arguments == NULL) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    /* UINT32_MAX becomes function 0, the physical one, which the device refuses too (VWRITE-BAD-VF). */
    return sample->device.write(sample->device.context, arguments->vfIndex + 1u, arguments->InterruptTableIndex,
                                &arguments->WriteValue);
}

static irqcts_ntstatus immutable_of(const struct sample_adapter *sample, uint32_t virtual_function,
                                    struct immutable_data *out)
{
    *out = (struct immutable_data){IMMUTABLE_MAGIC, IMMUTABLE_VERSION, 0};
    return sample->device.entries(sample->device.context, virtual_function + 1u, &out->entries);
}

irqcts_ntstatus IRQCTS_DDI SamplePrepareLiveMigration(void *adapter,
                                                      const struct irqcts_dxgk_prepare_migration *arguments)
{
    struct sample_adapter *sample = adapter;
    struct immutable_data known;
    irqcts_ntstatus status;

    if (arguments == NULL || arguments->vfIndex >= IRQCTS_VIRTUAL_FUNCTIONS_MAX ||
        (arguments->MigrationType != IRQCTS_DXGK_MIGRATION_SOURCE &&
         arguments->MigrationType != IRQCTS_DXGK_MIGRATION_TARGET)) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    if (sample->migrating[arguments->vfIndex] != 0) {
        return IRQCTS_NT_INVALID_DEVICE_STATE;
    }
    status = immutable_of(sample, arguments->vfIndex, &known);
    if (status >= 0) {
        sample->migrating[arguments->vfIndex] = (uint8_t)(1 + arguments->MigrationType);
    }
    return status;
}

irqcts_ntstatus IRQCTS_DDI SampleEndLiveMigration(void *adapter, uint32_t virtual_function)
{
    struct sample_adapter *sample = adapter;

    if (virtual_function >= IRQCTS_VIRTUAL_FUNCTIONS_MAX) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    if (sample->migrating[virtual_function] == 0) {
        return IRQCTS_NT_INVALID_DEVICE_STATE;
    }
    sample->migrating[virtual_function] = 0;
    return IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus migrating(const struct sample_adapter *sample, uint32_t virtual_function,
                                 enum irqcts_dxgk_migration_type type)
{
    if (virtual_function >= IRQCTS_VIRTUAL_FUNCTIONS_MAX) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    return sample->migrating[virtual_function] == 1 + type ? IRQCTS_NT_SUCCESS : IRQCTS_NT_INVALID_DEVICE_STATE;
}

irqcts_ntstatus IRQCTS_DDI SampleSaveImmutableMigrationData(void *adapter,
                                                            struct irqcts_dxgk_save_migration *arguments)
{
    struct sample_adapter *sample = adapter;
    struct immutable_data data;
    uint64_t room;
    irqcts_ntstatus status;

    if (arguments == NULL || arguments->DataSize == NULL) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    room = *arguments->DataSize;
    status = migrating(sample, arguments->vfIndex, IRQCTS_DXGK_MIGRATION_SOURCE);
    if (status < 0) {
        return status;
    }
    status = immutable_of(sample, arguments->vfIndex, &data);
    if (status < 0) {
        return status;
    }
    *arguments->DataSize = sizeof(data);
    if (arguments->Data == NULL) {
        return IRQCTS_NT_SUCCESS;
    }
    if (room < sizeof(data)) {
        return IRQCTS_NT_BUFFER_TOO_SMALL;
    }
    memcpy(arguments->Data, &data, sizeof(data));
    return IRQCTS_NT_SUCCESS;
}

irqcts_ntstatus IRQCTS_DDI SampleRestoreImmutableMigrationData(void *adapter,
                                                               const struct irqcts_dxgk_restore_migration *arguments)
{
    const struct sample_adapter *sample = adapter;
    struct immutable_data here;
    irqcts_ntstatus status;

    if (arguments == NULL || arguments->Data == NULL || arguments->DataSize != sizeof(here)) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    status = migrating(sample, arguments->vfIndex, IRQCTS_DXGK_MIGRATION_TARGET);
    if (status >= 0) {
        status = immutable_of(sample, arguments->vfIndex, &here);
    }
    if (status < 0) {
        return status;
    }
    /* A function of another shape cannot take over (SAVE-REJECT-INCONSISTENT). */
    return memcmp(arguments->Data, &here, sizeof(here)) == 0 ? IRQCTS_NT_SUCCESS : IRQCTS_NT_INVALID_PARAMETER;
}

irqcts_ntstatus IRQCTS_DDI SampleSaveMutableMigrationData(void *adapter, struct irqcts_dxgk_save_migration *arguments)
{
    struct sample_adapter *sample = adapter;
    irqcts_ntstatus status;
    size_t size;

    if (arguments == NULL || arguments->DataSize == NULL) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    status = migrating(sample, arguments->vfIndex, IRQCTS_DXGK_MIGRATION_SOURCE);
    if (status < 0) {
        return status;
    }
    size = arguments->Data == NULL || *arguments->DataSize > SIZE_MAX ? 0 : (size_t)*arguments->DataSize;
    status = sample->device.save(sample->device.context, arguments->vfIndex + 1u, arguments->Data, &size);
    if (status >= 0 || status == IRQCTS_NT_BUFFER_TOO_SMALL) {
        *arguments->DataSize = size;
    }
    return status == IRQCTS_NT_BUFFER_TOO_SMALL && arguments->Data == NULL ? IRQCTS_NT_SUCCESS : status;
}

irqcts_ntstatus IRQCTS_DDI SampleRestoreMutableMigrationData(void *adapter,
                                                             const struct irqcts_dxgk_restore_migration *arguments)
{
    const struct sample_adapter *sample = adapter;
    irqcts_ntstatus status;

    if (arguments == NULL || arguments->Data == NULL || arguments->DataSize > SIZE_MAX) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    status = migrating(sample, arguments->vfIndex, IRQCTS_DXGK_MIGRATION_TARGET);
    return status < 0 ? status
                      : sample->device.restore(sample->device.context, arguments->vfIndex + 1u, arguments->Data,
                                               (size_t)arguments->DataSize);
}
