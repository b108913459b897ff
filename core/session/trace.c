/* SPDX-License-Identifier: Apache-2.0 */
/* What was observed of a program, checked for sense before anything believes it. */
#include "trace_internal.h"

#include <stdlib.h>
#include <string.h>

int32_t trace_create(struct irqcts_trace **out, const struct irqcts_program *program, uint32_t deliveries)
{
    uint32_t count = irqcts_program_count(program);
    /* A program's records lie one after the other (program.h). */
    const struct irqcts_expectation *expectations = irqcts_program_expectation(program, 0);
    uint32_t stated = 0;
    struct irqcts_trace *trace = calloc(1, sizeof(*trace));

    if (trace == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a trace");
    }
    for (uint32_t i = 0; i < count; i++) {
        stated += expectations[i].delivery_count;
    }
    trace->results = malloc((count + 1u) * sizeof(*trace->results));
    trace->stated = malloc((count + 1u) * sizeof(*trace->stated));
    trace->stated_deliveries = calloc(stated + 1u, sizeof(*trace->stated_deliveries));
    trace->operations = malloc((count + 1u) * sizeof(*trace->operations));
    trace->deliveries = calloc(deliveries + 1u, sizeof(*trace->deliveries));
    if (trace->results == NULL || trace->stated == NULL || trace->stated_deliveries == NULL ||
        trace->operations == NULL || trace->deliveries == NULL) {
        irqcts_trace_free(trace);
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a trace of %u steps", count);
    }
    trace->count = trace->room = count;
    if (count > 0) {
        memcpy(trace->operations, irqcts_program_operation(program, 0), count * sizeof(*trace->operations));
        memcpy(trace->stated, expectations, count * sizeof(*trace->stated));
    }
    for (uint32_t i = 0; i < count; i++) {
        trace->results[i] = (struct irqcts_result){.status = IRQCTS_STATUS_NOT_EXECUTED};
    }
    if (stated > 0) {
        memcpy(trace->stated_deliveries, irqcts_program_expected_deliveries(program),
               stated * sizeof(*trace->stated_deliveries));
    }
    *out = trace;
    return IRQCTS_ERROR_NONE;
}

void irqcts_trace_free(struct irqcts_trace *trace)
{
    if (trace != NULL) {
        free(trace->results);
        free(trace->judged);
        free(trace->stated);
        free(trace->stated_deliveries);
        free(trace->operations);
        free(trace->deliveries);
        free(trace->messages);
        free(trace);
    }
}

int32_t trace_make_messages(struct irqcts_trace *trace)
{
    const struct irqcts_operation *configure = &trace->operations[0];
    uint32_t total = 0;

    trace->functions = 1u + (uint32_t)configure->value;
    for (uint32_t f = 0; f < trace->functions; f++) {
        trace->message_first[f] = total;
        total += f == 0 ? configure->message : configure->control;
    }
    trace->message_first[trace->functions] = total;
    trace->messages = calloc(total + 1u, sizeof(*trace->messages));
    return trace->messages != NULL ? IRQCTS_ERROR_NONE
                                   : irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u messages", total);
}

int32_t trace_resolve_operations(struct irqcts_trace *trace)
{
    for (uint32_t i = 1; i < trace->count; i++) {
        struct irqcts_operation *operation = &trace->operations[i];
        const struct irqcts_message *message;
        if ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) == 0) {
            continue;
        }
        if (operation->message_function >= trace->functions ||
            operation->message >= trace->message_first[operation->message_function + 1u] -
                                      trace->message_first[operation->message_function]) {
            return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "step %u (%s): message %u of function %u was not configured", i,
                               irqcts_operation_name(operation->kind), operation->message,
                               operation->message_function);
        }
        message = &trace->messages[trace->message_first[operation->message_function] + operation->message];
        if ((message->flags & IRQCTS_MESSAGE_OPAQUE) == 0) {
            irqcts_operation_resolve(operation, message);
        }
    }
    return IRQCTS_ERROR_NONE;
}

static int terminated(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

int32_t description_check(const struct irqcts_backend_description *description)
{
    uint64_t known = 0;

    if (!terminated(description->name, sizeof(description->name)) ||
        !terminated(description->device, sizeof(description->device)) ||
        !terminated(description->driver, sizeof(description->driver)) ||
        !terminated(description->identity, sizeof(description->identity))) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "the backend's description has a text without an end");
    }
    if (description->identity[0] == '\0') {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "the backend does not say what it is: its identity is empty");
    }
    for (uint32_t kind = 0; kind < 64; kind++) {
        known |= irqcts_operation_name(kind) != NULL ? UINT64_C(1) << kind : 0;
    }
    if ((description->operations & ~known) != 0 ||
        ((description->operations >> IRQCTS_OPERATION_CONFIGURE) & 1u) == 0) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND,
                           "%s claims operations 0x%llx: CONFIGURE is not among them or some do not exist",
                           description->identity, (unsigned long long)description->operations);
    }
    if (description->entries_max > IRQCTS_ENTRIES_MAX || description->messages_max > description->entries_max ||
        description->virtual_functions_max > IRQCTS_VIRTUAL_FUNCTIONS_MAX ||
        description->virtual_entries_max > IRQCTS_ENTRIES_MAX ||
        description->virtual_messages_max > description->virtual_entries_max ||
        description->stimulus > IRQCTS_STIMULUS_DEVICE) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "%s describes limits that cannot be: N %u, M %u, %u virtual functions",
                           description->identity, description->entries_max, description->messages_max,
                           description->virtual_functions_max);
    }
    return IRQCTS_ERROR_NONE;
}

int32_t trace_check(const struct irqcts_trace *trace)
{
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct irqcts_result *result = &trace->results[i];
        if (result->status >= IRQCTS_STATUS_COUNT || result->native_kind > IRQCTS_NATIVE_NTSTATUS) {
            return irqcts_fail(IRQCTS_ERROR_BACKEND, "step %u (%s): the backend answered status %u, which is none", i,
                               irqcts_operation_name(trace->operations[i].kind), result->status);
        }
        if (result->delivery_count > trace->delivery_count ||
            result->delivery_first > trace->delivery_count - result->delivery_count) {
            return irqcts_fail(IRQCTS_ERROR_BACKEND,
                               "step %u (%s): the backend points at deliveries %u to %u of %u that it reported", i,
                               irqcts_operation_name(trace->operations[i].kind), result->delivery_first,
                               result->delivery_first + result->delivery_count, trace->delivery_count);
        }
    }
    for (uint32_t i = 0; i < trace->delivery_count; i++) {
        const struct irqcts_delivery *delivery = &trace->deliveries[i];
        uint32_t messages = delivery->function < trace->functions
                                ? trace->message_first[delivery->function + 1u] - trace->message_first[delivery->function]
                                : 0;
        if (delivery->count == 0 ||
            (delivery->message != IRQCTS_MESSAGE_STRAY && delivery->message >= messages)) {
            return irqcts_fail(IRQCTS_ERROR_BACKEND,
                               "the backend reports %u deliveries of message %u of function %u, which does not exist",
                               delivery->count, delivery->message, delivery->function);
        }
    }
    return IRQCTS_ERROR_NONE;
}

uint32_t irqcts_trace_count(const struct irqcts_trace *trace)
{
    return trace->count;
}

const struct trace_judged *trace_judged_at(const struct irqcts_trace *trace, uint32_t index)
{
    if (index >= trace->count) {
        (void)irqcts_fail(IRQCTS_ERROR_ARGUMENT, "step %u of a trace of %u", index, trace->count);
        return NULL;
    }
    if (trace->judged == NULL) {
        (void)irqcts_fail(IRQCTS_ERROR_ARGUMENT, "step %u of a trace that is not judged yet", index);
        return NULL;
    }
    return &trace->judged[index];
}

int32_t irqcts_trace_step(struct irqcts_step *out, const struct irqcts_trace *trace, uint32_t index)
{
    const struct trace_judged *judged = trace_judged_at(trace, index);

    if (judged == NULL) {
        return IRQCTS_ERROR_ARGUMENT;
    }
    *out = (struct irqcts_step){.result = trace->results[index], .judgement = judged->judgement,
                                .expectation = judged->expectation, .expectation_clause = trace->stated[index].clause};
    return IRQCTS_ERROR_NONE;
}

const struct irqcts_delivery *irqcts_trace_deliveries(uint32_t *out_count, const struct irqcts_trace *trace,
                                                      uint32_t index)
{
    *out_count = index < trace->count ? trace->results[index].delivery_count : 0;
    return *out_count > 0 ? trace->deliveries + trace->results[index].delivery_first : NULL;
}
