/* SPDX-License-Identifier: Apache-2.0 */
/* The two frames of concurrent histories: what the threads are to do, and what they wrote down. */
#include "wire_internal.h"

enum { RECORD_BYTES = 4 * 4 + 8 + 4 * 6, CALL_BYTES = 8 * 2 + 2 * 4 + 4 * 3, SEEN_BYTES = 4 * 2 };

int32_t irqcts_wire_encode_record(struct irqcts_bytes *out, uint32_t sequence,
                                  const struct irqcts_history_shape *shape, const struct irqcts_history_plan *plan)
{
    int32_t error = wire_begin(out, IRQCTS_WIRE_RECORD, sequence, RECORD_BYTES);

    if (error == IRQCTS_ERROR_NONE) {
        wire_put(out, shape->entries, 4);
        wire_put(out, shape->messages, 4);
        wire_put(out, shape->readings, 4);
        wire_put(out, shape->flags, 4);
        wire_put(out, plan->seed, 8);
        wire_put(out, plan->threads, 4);
        wire_put(out, plan->operations, 4);
        wire_put(out, plan->sharing, 4);
        wire_put(out, plan->polls, 4);
        wire_put(out, plan->without, 4);
        wire_put(out, plan->pauses, 4);
    }
    return error;
}

/* Whether shape and plan make sense is for irqcts_history_record to say. */
int32_t irqcts_wire_decode_record(struct irqcts_history_shape *out_shape, struct irqcts_history_plan *out_plan,
                                  const uint8_t *payload, size_t length)
{
    struct wire_reader reader = {payload, length, 0};

    *out_plan = (struct irqcts_history_plan){0};
    out_shape->entries = wire_get32(&reader);
    out_shape->messages = wire_get32(&reader);
    out_shape->readings = wire_get32(&reader);
    out_shape->flags = wire_get32(&reader);
    out_plan->seed = wire_get(&reader, 8);
    out_plan->threads = wire_get32(&reader);
    out_plan->operations = wire_get32(&reader);
    out_plan->sharing = wire_get32(&reader);
    out_plan->polls = wire_get32(&reader);
    out_plan->without = wire_get32(&reader);
    out_plan->pauses = wire_get32(&reader);
    return wire_end(&reader, "RECORD");
}

int32_t irqcts_wire_encode_history(struct irqcts_bytes *out, uint32_t sequence, const struct irqcts_history *history)
{
    uint32_t calls = irqcts_history_count(history);
    const struct irqcts_history_delivery *seen;
    uint32_t seen_count;
    size_t all_seen = 0;
    int32_t error;

    for (uint32_t i = 0; i < calls; i++) {
        (void)irqcts_history_seen(&seen, &seen_count, history, i);
        all_seen += seen_count;
    }
    error = wire_begin(out, IRQCTS_WIRE_HISTORY, sequence,
                       4 + calls * (size_t)CALL_BYTES + all_seen * (size_t)SEEN_BYTES);
    if (error == IRQCTS_ERROR_NONE) {
        wire_put(out, calls, 4);
    }
    for (uint32_t i = 0; i < calls && error == IRQCTS_ERROR_NONE; i++) {
        struct irqcts_history_call call = {0};
        (void)irqcts_history_get(&call, history, i);
        (void)irqcts_history_seen(&seen, &seen_count, history, i);
        wire_put(out, call.called, 8);
        wire_put(out, call.returned, 8);
        wire_put(out, call.kind, 2);
        wire_put(out, call.thread, 2);
        wire_put(out, call.flags, 2);
        wire_put(out, call.status, 2);
        wire_put(out, call.entry, 4);
        wire_put(out, call.message, 4);
        wire_put(out, seen_count, 4);
        for (uint32_t s = 0; s < seen_count; s++) {
            wire_put(out, seen[s].message, 4);
            wire_put(out, seen[s].count, 4);
        }
    }
    return error;
}

static int32_t read_call(struct irqcts_history *history, struct wire_reader *reader)
{
    struct irqcts_history_delivery seen[IRQCTS_HISTORY_MESSAGES_MAX + 1u];
    struct irqcts_history_call call = {0};
    uint32_t seen_count;

    call.called = wire_get(reader, 8);
    call.returned = wire_get(reader, 8);
    call.kind = (uint16_t)wire_get(reader, 2);
    call.thread = (uint16_t)wire_get(reader, 2);
    call.flags = (uint16_t)wire_get(reader, 2);
    call.status = (uint16_t)wire_get(reader, 2);
    call.entry = wire_get32(reader);
    call.message = wire_get32(reader);
    seen_count = wire_get32(reader);
    if (reader->failed || seen_count > IRQCTS_HISTORY_MESSAGES_MAX + 1u ||
        (call.flags & ~(uint32_t)IRQCTS_HISTORY_EXHAUSTIVE) != 0) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a HISTORY frame whose call %u cannot be one",
                           irqcts_history_count(history));
    }
    for (uint32_t s = 0; s < seen_count; s++) {
        seen[s].message = wire_get32(reader);
        seen[s].count = wire_get32(reader);
    }
    return irqcts_history_append(history, &call, seen, seen_count);
}

int32_t irqcts_wire_decode_history(struct irqcts_history **out, const struct irqcts_history_shape *shape,
                                   const uint8_t *payload, size_t length)
{
    struct wire_reader reader = {payload, length, 0};
    uint32_t calls = wire_get32(&reader);
    struct irqcts_history *history;
    int32_t error;

    *out = NULL;
    if (reader.failed || calls == 0 || calls > reader.left / CALL_BYTES) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a HISTORY frame of %zu bytes for %u calls", length, calls);
    }
    error = irqcts_history_create(&history, shape);
    for (uint32_t i = 0; i < calls && error == IRQCTS_ERROR_NONE; i++) {
        error = read_call(history, &reader);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = wire_end(&reader, "HISTORY");
    } else if (error != IRQCTS_ERROR_MEMORY) {
        error = IRQCTS_ERROR_FORMAT; /* the sentence says which call is wrong */
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_history_free(history);
        return error;
    }
    *out = history;
    return IRQCTS_ERROR_NONE;
}
