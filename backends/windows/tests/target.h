/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's decisions on a simulated device, without Windows: what tests and fuzzers drive. */
#ifndef IRQCTS_WINDOWS_TESTS_TARGET_H
#define IRQCTS_WINDOWS_TESTS_TARGET_H

#include "dispatch.h"
#include "simulation.h"

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
    return irql == IRQCTS_IO_IRQL_PASSIVE ? simulation_operate(context, operation, value) : IRQCTS_NT_NOT_SUPPORTED;
}

static inline irqcts_ntstatus target_write(void *context, const struct irqcts_dxgk_write_virtualized *arguments)
{
    return simulation_write_virtualized(context, arguments);
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

static inline struct irqcts_target target_of(struct simulation *simulation)
{
    return (struct irqcts_target){
        .context = simulation,
        .describe = target_describe,
        .routing = target_routing,
        .write_virtualized = target_write,
        .operate = target_operate,
        .poll = target_poll,
        .messages = target_messages,
        .simulate = target_simulate,
    };
}

#endif
