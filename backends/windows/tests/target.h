/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's decisions on a simulated device, without Windows: what tests and fuzzers drive. */
#ifndef IRQCTS_WINDOWS_TESTS_TARGET_H
#define IRQCTS_WINDOWS_TESTS_TARGET_H

#include "ddi.h"
#include "dispatch.h"
#include "simulation.h"

#include <stdlib.h>

/* The simulated device under the sample miniport, and what irqcts.sys keeps of it. */
struct target_device {
    struct simulation *simulation;
    struct sample_adapter adapter;
    struct irqcts_dxgk_routines routines;
    struct irqcts_migration migration;
};

static inline void target_describe(void *context, struct irqcts_io_description *out)
{
    out->parts = IRQCTS_IO_HAS_SIMULATION | IRQCTS_IO_HAS_ROUTING | IRQCTS_IO_HAS_VIRTUALIZED;
    simulation_limits(context, &out->entries_max, &out->virtual_functions_max);
}

static inline irqcts_ntstatus target_operate(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    return simulation_operate(context, operation, value);
}

static inline irqcts_ntstatus target_routing(void *context, const struct irqcts_operation *operation, uint32_t irql,
                                             uint64_t *value)
{
    return irql == IRQCTS_WINDOWS_PASSIVE ? simulation_operate(context, operation, value) : IRQCTS_NT_NOT_SUPPORTED;
}

static inline irqcts_ntstatus target_write(void *context, uint32_t function, int32_t index,
                                           const struct irqcts_dxgk_table_entry *value)
{
    const struct irqcts_operation operation = {
        .kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED,
        .function = function,
        .entry = (uint32_t)index,
        .address = value->MessageAddress,
        .data = value->MessageData,
        .control = value->VectorControl,
    };
    uint64_t nothing;

    return simulation_operate(context, &operation, &nothing);
}

static inline irqcts_ntstatus target_entries(void *context, uint32_t function, uint32_t *entries)
{
    const struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_GET_SIZE, .function = function};
    uint64_t value = 0;
    irqcts_ntstatus status = simulation_operate(context, &operation, &value);

    *entries = (uint32_t)value;
    return status;
}

static inline irqcts_ntstatus target_save(void *context, uint32_t function, uint8_t *state, size_t *size)
{
    return simulation_save(context, function, state, size);
}

static inline irqcts_ntstatus target_restore(void *context, uint32_t function, const uint8_t *state, size_t size)
{
    return simulation_restore(context, function, state, size);
}

static inline void target_poll(void *context, struct irqcts_delivery_buffer *deliveries)
{
    simulation_poll(context, deliveries);
}

static inline irqcts_ntstatus target_messages(void *context, const struct irqcts_io_messages *which,
                                              struct irqcts_message *out)
{
    return simulation_messages(context, which->function, which->first, which->count, out);
}

static inline irqcts_ntstatus target_simulate(void *context, const char *options, char *sentence, size_t size)
{
    return simulation_options(context, options, sentence, size);
}

/* 0 without memory. */
static inline int target_create(struct target_device *out)
{
    *out = (struct target_device){.simulation = simulation_create(),
                                  .migration = {.allocate = malloc, .release = free}};
    out->adapter.device = (struct sample_device){out->simulation, target_write, target_entries, target_save,
                                                 target_restore};
    out->routines = (struct irqcts_dxgk_routines){
        .Adapter = &out->adapter,
        .Offered = IRQCTS_OFFERS_WRITE | IRQCTS_OFFERS_PREPARE | IRQCTS_OFFERS_SAVE | IRQCTS_OFFERS_END,
        .WriteVirtualizedInterrupt = SampleWriteVirtualizedInterrupt,
        .PrepareLiveMigration = SamplePrepareLiveMigration,
        .SaveImmutableMigrationData = SampleSaveImmutableMigrationData,
        .SaveMutableMigrationData = SampleSaveMutableMigrationData,
        .RestoreImmutableMigrationData = SampleRestoreImmutableMigrationData,
        .RestoreMutableMigrationData = SampleRestoreMutableMigrationData,
        .EndLiveMigration = SampleEndLiveMigration,
    };
    return out->simulation != NULL;
}

static inline void target_free(struct target_device *device)
{
    irqcts_migration_forget(&device->migration);
    simulation_free(device->simulation);
}

static inline struct irqcts_target target_of(struct target_device *device)
{
    return (struct irqcts_target){
        .context = device->simulation,
        .describe = target_describe,
        .routing = target_routing,
        .virtualized = &device->routines,
        .migration = &device->migration,
        .operate = target_operate,
        .poll = target_poll,
        .messages = target_messages,
        .simulate = target_simulate,
    };
}

#endif
