/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program on a backend in this process. */
#include "broken.h"
#include "trace_internal.h"

#include <stdlib.h>
#include <string.h>

/* Room for delivery records of one program: each kind of message once a poll is the most. */
static uint32_t delivery_room(const struct irqcts_program *program)
{
    const struct irqcts_operation *configure = irqcts_program_operation(program, 0);
    uint64_t messages = configure->message + configure->value * configure->control;
    uint64_t polls = 0;
    uint64_t room;

    for (uint32_t i = 0; i < irqcts_program_count(program); i++) {
        polls += configure[i].kind == IRQCTS_OPERATION_POLL; /* records lie one after the other (program.h) */
    }
    room = polls * (messages + 64u); /* 64 kinds of stray */
    return room < (1u << 22) ? (uint32_t)room : 1u << 22;
}

static int32_t execute(struct irqcts_trace *trace, const struct irqcts_backend_interface *backend, void *context,
                       uint32_t first, uint32_t count, struct irqcts_delivery_buffer *deliveries)
{
    char sentence[512] = "";
    uint32_t base = deliveries->count;
    int32_t error = backend->execute(context, trace->operations + first, count, trace->results + first, deliveries,
                                     sentence, sizeof(sentence));

    sentence[sizeof(sentence) - 1] = '\0';
    if (error < 0) {
        return broken_fail(backend, error, sentence);
    }
    if (deliveries->count < base || deliveries->count > deliveries->capacity || deliveries->lost != 0) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "%s reports %u delivery records where %u fit (%u lost)", backend->name,
                           deliveries->count, deliveries->capacity, deliveries->lost);
    }
    trace->delivery_count = deliveries->count;
    return IRQCTS_ERROR_NONE;
}

static int32_t configure(struct irqcts_trace *trace, const struct irqcts_backend_interface *backend, void *context,
                         struct irqcts_delivery_buffer *deliveries)
{
    char sentence[512] = "";
    int32_t error = execute(trace, backend, context, 0, 1, deliveries);

    if (error != IRQCTS_ERROR_NONE || trace->results[0].status != IRQCTS_STATUS_OK) {
        return error;
    }
    error = trace_make_messages(trace);
    for (uint32_t f = 0; f < trace->functions && error == IRQCTS_ERROR_NONE; f++) {
        uint32_t count = trace->message_first[f + 1u] - trace->message_first[f];
        int32_t code = count > 0 ? backend->messages(context, f, 0, count, trace->messages + trace->message_first[f],
                                                     sentence, sizeof(sentence))
                                 : IRQCTS_ERROR_NONE;
        if (code < 0) {
            sentence[sizeof(sentence) - 1] = '\0';
            error = broken_fail(backend, code, sentence);
        }
    }
    return error == IRQCTS_ERROR_NONE ? trace_resolve_operations(trace) : error;
}

/* Operation by operation, judged in between, ending behind the first divergence. */
static int32_t execute_until_divergence(struct irqcts_trace *trace, const struct irqcts_backend_interface *backend,
                                        void *context, const struct irqcts_program *program, uint32_t readings,
                                        struct irqcts_delivery_buffer *deliveries)
{
    uint32_t all = trace->count;
    struct irqcts_outcome outcome;
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint32_t i = 1; i < all; i++) {
        error = execute(trace, backend, context, i, 1, deliveries);
        if (error != IRQCTS_ERROR_NONE) {
            break;
        }
        trace->count = i + 1u;
        error = irqcts_trace_judge(&outcome, trace, program, readings);
        if (error != IRQCTS_ERROR_NONE || outcome.divergences + outcome.expectations_failed > 0) {
            return error;
        }
    }
    return error;
}

int32_t irqcts_session_run(struct irqcts_trace **out, const struct irqcts_backend_interface *backend, void *context,
                           const struct irqcts_program *program, uint32_t flags, uint32_t readings)
{
    struct irqcts_trace *trace;
    struct irqcts_delivery_buffer deliveries = {NULL, 0, 0, 0, 0};
    int32_t error;

    if (irqcts_program_count(program) == 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a program without operations");
    }
    deliveries.capacity = delivery_room(program);
    error = trace_create(&trace, program, deliveries.capacity);
    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    deliveries.records = trace->deliveries;
    if (backend->describe(context, &trace->description) < 0) {
        error = irqcts_fail(IRQCTS_ERROR_BACKEND, "%s does not describe itself", backend->name);
    } else {
        error = description_check(&trace->description);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = configure(trace, backend, context, &deliveries);
    }
    if (error == IRQCTS_ERROR_NONE && trace->results[0].status == IRQCTS_STATUS_OK && trace->count > 1) {
        error = (flags & IRQCTS_SESSION_STOP_AT_FIRST) != 0
                    ? execute_until_divergence(trace, backend, context, program, readings, &deliveries)
                    : execute(trace, backend, context, 1, trace->count - 1u, &deliveries);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = trace_check(trace);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_trace_free(trace);
        return error;
    }
    *out = trace;
    return IRQCTS_ERROR_NONE;
}
