/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire form.  Every record is written field by field, little-endian, so
 * that neither compiler nor machine decides about it.  A decoder reads a
 * payload to its last byte or refuses it.
 */
#include "wire_internal.h"

#include "../session/trace_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPERATION_BYTES = 2 + 1 + 1 + 4 * 3 + 8 * 2 + 4 * 3,
    RESULT_BYTES = 4 * 6 + 8,
    DELIVERY_BYTES = 4 * 4 + 8,
    MESSAGE_BYTES = 8 + 4 + 4,
    SENTENCE_MAX = 4096
};

/* ---- writing ---- */

void irqcts_bytes_free(struct irqcts_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct irqcts_bytes){0};
}

static int32_t reserve(struct irqcts_bytes *bytes, size_t more)
{
    size_t capacity = bytes->capacity != 0 ? bytes->capacity : 256;
    uint8_t *grown;

    while (capacity < bytes->length + more) {
        capacity *= 2;
    }
    if (capacity == bytes->capacity) {
        return IRQCTS_ERROR_NONE;
    }
    grown = realloc(bytes->data, capacity);
    if (grown == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a frame of %zu bytes", bytes->length + more);
    }
    bytes->data = grown;
    bytes->capacity = capacity;
    return IRQCTS_ERROR_NONE;
}

static void put_text(struct irqcts_bytes *bytes, const char *text, size_t length)
{
    memcpy(bytes->data + bytes->length, text, length);
    bytes->length += length;
}

int32_t wire_begin(struct irqcts_bytes *out, uint32_t type, uint32_t sequence, size_t payload)
{
    int32_t error;

    if (payload > IRQCTS_WIRE_PAYLOAD_MAX) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY, "a frame of %zu bytes; at most %u", payload, IRQCTS_WIRE_PAYLOAD_MAX);
    }
    error = reserve(out, IRQCTS_WIRE_HEADER_BYTES + payload);
    if (error == IRQCTS_ERROR_NONE) {
        wire_put(out, IRQCTS_WIRE_MAGIC, 4);
        wire_put(out, IRQCTS_WIRE_VERSION, 2);
        wire_put(out, type, 2);
        wire_put(out, sequence, 4);
        wire_put(out, payload, 4);
    }
    return error;
}

/* ---- reading ---- */

static void get_text(struct wire_reader *reader, char *out, size_t size)
{
    if (reader->left < size) {
        reader->failed = 1;
        reader->left = 0;
        return;
    }
    memcpy(out, reader->at, size);
    reader->at += size;
    reader->left -= size;
}

int32_t wire_end(const struct wire_reader *reader, const char *what)
{
    if (reader->failed || reader->left != 0) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a %s frame that is %s", what,
                           reader->failed ? "too short for what it announces" : "longer than what it announces");
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_wire_header_decode(struct irqcts_wire_header *out, const uint8_t *bytes)
{
    struct wire_reader reader = {bytes, IRQCTS_WIRE_HEADER_BYTES, 0};
    uint32_t magic = wire_get32(&reader);

    out->version = (uint16_t)wire_get(&reader, 2);
    out->type = (uint16_t)wire_get(&reader, 2);
    out->sequence = wire_get32(&reader);
    out->length = wire_get32(&reader);
    if (magic != IRQCTS_WIRE_MAGIC) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "0x%08x where a frame begins; the other end does not speak this protocol",
                           magic);
    }
    if (out->version != IRQCTS_WIRE_VERSION) {
        return irqcts_fail(IRQCTS_ERROR_VERSION, "the other end speaks wire version %u, this end %u", out->version,
                           IRQCTS_WIRE_VERSION);
    }
    if (out->type < IRQCTS_WIRE_HELLO || out->type > IRQCTS_WIRE_HISTORY) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a frame of unknown type %u", out->type);
    }
    if (out->length > IRQCTS_WIRE_PAYLOAD_MAX) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a frame announces %u bytes; at most %u", out->length,
                           IRQCTS_WIRE_PAYLOAD_MAX);
    }
    return IRQCTS_ERROR_NONE;
}

/* ---- frames without or with a text ---- */

int32_t irqcts_wire_encode_empty(struct irqcts_bytes *out, uint32_t type, uint32_t sequence)
{
    return wire_begin(out, type, sequence, 0);
}

int32_t irqcts_wire_encode_hello(struct irqcts_bytes *out, uint32_t sequence, const char *token)
{
    size_t length = strlen(token);
    int32_t error;

    if (length > SENTENCE_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a token of %zu bytes; at most %d", length, SENTENCE_MAX);
    }
    error = wire_begin(out, IRQCTS_WIRE_HELLO, sequence, 8 + length);
    if (error == IRQCTS_ERROR_NONE) {
        wire_put(out, IRQCTS_WIRE_VERSION, 4);
        wire_put(out, length, 4);
        put_text(out, token, length);
    }
    return error;
}

int32_t irqcts_wire_decode_hello(char *token, size_t token_size, const uint8_t *payload, size_t length)
{
    struct wire_reader reader = {payload, length, 0};
    uint32_t version = wire_get32(&reader);
    uint32_t token_length = wire_get32(&reader);

    if (!reader.failed && version != IRQCTS_WIRE_VERSION) {
        return irqcts_fail(IRQCTS_ERROR_VERSION, "the harness speaks wire version %u, this agent %u", version,
                           IRQCTS_WIRE_VERSION);
    }
    if (reader.failed || token_length != reader.left || token_length >= token_size ||
        memchr(reader.at, '\0', token_length) != NULL) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a HELLO frame whose token does not fit");
    }
    get_text(&reader, token, token_length);
    token[token_length] = '\0';
    return wire_end(&reader, "HELLO");
}

int32_t irqcts_wire_encode_error(struct irqcts_bytes *out, uint32_t sequence, int32_t error, const char *sentence)
{
    size_t length = strlen(sentence);
    int32_t failed;

    if (length > SENTENCE_MAX) {
        length = SENTENCE_MAX;
    }
    failed = wire_begin(out, IRQCTS_WIRE_ERROR, sequence, 8 + length);
    if (failed == IRQCTS_ERROR_NONE) {
        wire_put(out, (uint64_t)-(int64_t)error, 4);
        wire_put(out, length, 4);
        put_text(out, sentence, length);
    }
    return failed;
}

int32_t irqcts_wire_decode_error(int32_t *out_error, char *sentence, size_t size, const uint8_t *payload, size_t length)
{
    struct wire_reader reader = {payload, length, 0};
    uint32_t code = wire_get32(&reader);
    uint32_t text = wire_get32(&reader);

    if (reader.failed || text != reader.left || text > SENTENCE_MAX || text >= size || code == 0 || code > INT32_MAX) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "an ERROR frame whose sentence does not fit");
    }
    *out_error = -(int32_t)code;
    get_text(&reader, sentence, text);
    sentence[text] = '\0';
    return wire_end(&reader, "ERROR");
}

/* ---- description ---- */

static const size_t description_texts = sizeof(((struct irqcts_backend_description *)0)->name) +
                                        sizeof(((struct irqcts_backend_description *)0)->device) +
                                        sizeof(((struct irqcts_backend_description *)0)->driver) +
                                        sizeof(((struct irqcts_backend_description *)0)->identity);
enum { DESCRIPTION_NUMBERS = 15 };

/* The 32-bit numbers of a description in the order of the wire. */
static void description_numbers(struct irqcts_backend_description *description, uint32_t *fields[DESCRIPTION_NUMBERS])
{
    uint32_t *all[DESCRIPTION_NUMBERS] = {
        &description->observations,        &description->stimulus,
        &description->properties,          &description->entries_max,
        &description->messages_max,        &description->virtual_functions_max,
        &description->virtual_entries_max, &description->virtual_messages_max,
        &description->reset_kinds,         &description->settle_ns,
        &description->geometry_known,      &description->table_bar,
        &description->table_offset,        &description->pba_bar,
        &description->pba_offset};
    memcpy(fields, all, sizeof(all));
}

int32_t irqcts_wire_encode_description(struct irqcts_bytes *out, uint32_t sequence,
                                       const struct irqcts_backend_description *description)
{
    struct irqcts_backend_description copy = *description;
    uint32_t *fields[DESCRIPTION_NUMBERS];
    int32_t error =
        wire_begin(out, IRQCTS_WIRE_DESCRIPTION, sequence, description_texts + 8 + 4u * (size_t)DESCRIPTION_NUMBERS);

    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    put_text(out, copy.name, sizeof(copy.name));
    put_text(out, copy.device, sizeof(copy.device));
    put_text(out, copy.driver, sizeof(copy.driver));
    put_text(out, copy.identity, sizeof(copy.identity));
    wire_put(out, copy.operations, 8);
    description_numbers(&copy, fields);
    for (uint32_t i = 0; i < DESCRIPTION_NUMBERS; i++) {
        wire_put(out, *fields[i], 4);
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_wire_decode_description(struct irqcts_backend_description *out, const uint8_t *payload, size_t length)
{
    struct wire_reader reader = {payload, length, 0};
    uint32_t *fields[DESCRIPTION_NUMBERS];
    int32_t error;

    *out = (struct irqcts_backend_description){0};
    get_text(&reader, out->name, sizeof(out->name));
    get_text(&reader, out->device, sizeof(out->device));
    get_text(&reader, out->driver, sizeof(out->driver));
    get_text(&reader, out->identity, sizeof(out->identity));
    out->operations = wire_get(&reader, 8);
    description_numbers(out, fields);
    for (uint32_t i = 0; i < DESCRIPTION_NUMBERS; i++) {
        *fields[i] = wire_get32(&reader);
    }
    error = wire_end(&reader, "DESCRIPTION");
    return error != IRQCTS_ERROR_NONE ? error : description_check(out);
}

/* ---- run ---- */

int32_t irqcts_wire_encode_run(struct irqcts_bytes *out, uint32_t sequence, uint32_t flags,
                               const struct irqcts_program *program)
{
    uint32_t count = irqcts_program_count(program);
    int32_t error = wire_begin(out, IRQCTS_WIRE_RUN, sequence, 8 + (size_t)count * OPERATION_BYTES);

    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    wire_put(out, flags, 4);
    wire_put(out, count, 4);
    for (uint32_t i = 0; i < count; i++) {
        const struct irqcts_operation *operation = irqcts_program_operation(program, i);
        wire_put(out, operation->kind, 2);
        wire_put(out, operation->width, 1);
        wire_put(out, operation->flags, 1);
        wire_put(out, operation->function, 4);
        wire_put(out, operation->entry, 4);
        wire_put(out, operation->message, 4);
        wire_put(out, operation->address, 8);
        wire_put(out, operation->value, 8);
        wire_put(out, operation->data, 4);
        wire_put(out, operation->control, 4);
        wire_put(out, operation->message_function, 4);
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_wire_decode_run(struct irqcts_program **out, uint32_t *out_flags, const uint8_t *payload, size_t length)
{
    struct wire_reader reader = {payload, length, 0};
    struct irqcts_program *program;
    uint32_t count;
    int32_t error;

    *out_flags = wire_get32(&reader);
    count = wire_get32(&reader);
    if (reader.failed || (uint64_t)count * OPERATION_BYTES != reader.left || count == 0) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a RUN frame of %zu bytes for %u operations", length, count);
    }
    if ((*out_flags & ~(uint32_t)IRQCTS_SESSION_STOP_AT_FIRST) != 0) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT, "a RUN frame with unknown flags 0x%x", *out_flags);
    }
    error = irqcts_program_create(&program);
    for (uint32_t i = 0; i < count && error == IRQCTS_ERROR_NONE; i++) {
        struct irqcts_operation operation = {0};
        operation.kind = (uint16_t)wire_get(&reader, 2);
        operation.width = (uint8_t)wire_get(&reader, 1);
        operation.flags = (uint8_t)wire_get(&reader, 1);
        operation.function = wire_get32(&reader);
        operation.entry = wire_get32(&reader);
        operation.message = wire_get32(&reader);
        operation.address = wire_get(&reader, 8);
        operation.value = wire_get(&reader, 8);
        operation.data = wire_get32(&reader);
        operation.control = wire_get32(&reader);
        operation.message_function = wire_get32(&reader);
        error = irqcts_program_append(program, &operation, NULL, NULL);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = wire_end(&reader, "RUN");
    } else if (error != IRQCTS_ERROR_MEMORY) {
        error = IRQCTS_ERROR_FORMAT; /* the sentence says which operation is wrong */
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_program_free(program);
        return error;
    }
    *out = program;
    return IRQCTS_ERROR_NONE;
}

/* ---- trace ---- */

int32_t irqcts_wire_encode_trace(struct irqcts_bytes *out, uint32_t sequence, const struct irqcts_trace *trace)
{
    uint32_t messages = trace->functions > 0 ? trace->message_first[trace->functions] : 0;
    int32_t error = wire_begin(out, IRQCTS_WIRE_TRACE, sequence,
                          12 + (size_t)trace->count * RESULT_BYTES + (size_t)trace->delivery_count * DELIVERY_BYTES +
                              (size_t)trace->functions * 4 + (size_t)messages * MESSAGE_BYTES);

    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    wire_put(out, trace->count, 4);
    wire_put(out, trace->delivery_count, 4);
    wire_put(out, trace->functions, 4);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct irqcts_result *result = &trace->results[i];
        wire_put(out, result->status, 4);
        wire_put(out, result->native_kind, 4);
        wire_put(out, result->native_code, 4);
        wire_put(out, result->delivery_first, 4);
        wire_put(out, result->delivery_count, 4);
        wire_put(out, result->latency_ns, 4);
        wire_put(out, result->value, 8);
    }
    for (uint32_t i = 0; i < trace->delivery_count; i++) {
        const struct irqcts_delivery *delivery = &trace->deliveries[i];
        wire_put(out, delivery->function, 4);
        wire_put(out, delivery->message, 4);
        wire_put(out, delivery->count, 4);
        wire_put(out, delivery->data, 4);
        wire_put(out, delivery->address, 8);
    }
    for (uint32_t f = 0; f < trace->functions; f++) {
        wire_put(out, trace->message_first[f + 1u] - trace->message_first[f], 4);
        for (uint32_t m = trace->message_first[f]; m < trace->message_first[f + 1u]; m++) {
            wire_put(out, trace->messages[m].address, 8);
            wire_put(out, trace->messages[m].data, 4);
            wire_put(out, trace->messages[m].flags, 4);
        }
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t read_messages(struct irqcts_trace *trace, struct wire_reader *reader)
{
    int32_t error = trace_make_messages(trace);

    for (uint32_t f = 0; f < trace->functions && error == IRQCTS_ERROR_NONE; f++) {
        if (wire_get32(reader) != trace->message_first[f + 1u] - trace->message_first[f]) {
            return irqcts_fail(IRQCTS_ERROR_FORMAT,
                               "a TRACE frame whose messages of function %u are not those that were configured", f);
        }
        for (uint32_t m = trace->message_first[f]; m < trace->message_first[f + 1u]; m++) {
            trace->messages[m].address = wire_get(reader, 8);
            trace->messages[m].data = wire_get32(reader);
            trace->messages[m].flags = wire_get32(reader);
        }
    }
    return error;
}

int32_t irqcts_wire_decode_trace(struct irqcts_trace **out, const struct irqcts_program *program,
                                 const struct irqcts_backend_description *description, const uint8_t *payload,
                                 size_t length)
{
    struct wire_reader reader = {payload, length, 0};
    struct irqcts_trace *trace;
    uint32_t count = wire_get32(&reader);
    uint32_t deliveries = wire_get32(&reader);
    uint32_t functions = wire_get32(&reader);
    int32_t error;

    if (reader.failed || count == 0 || count > irqcts_program_count(program) ||
        deliveries > length / DELIVERY_BYTES ||
        (uint64_t)count * RESULT_BYTES + (uint64_t)deliveries * DELIVERY_BYTES > reader.left ||
        (functions != 0 && functions != 1u + irqcts_program_operation(program, 0)->value)) {
        return irqcts_fail(IRQCTS_ERROR_FORMAT,
                           "a TRACE frame of %zu bytes with %u results and %u deliveries for a program of %u operations",
                           length, count, deliveries, irqcts_program_count(program));
    }
    error = trace_create(&trace, program, deliveries);
    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    trace->description = *description;
    trace->count = count;
    trace->delivery_count = deliveries;
    for (uint32_t i = 0; i < count; i++) {
        struct irqcts_result *result = &trace->results[i];
        result->status = wire_get32(&reader);
        result->native_kind = wire_get32(&reader);
        result->native_code = wire_get32(&reader);
        result->delivery_first = wire_get32(&reader);
        result->delivery_count = wire_get32(&reader);
        result->latency_ns = wire_get32(&reader);
        result->value = wire_get(&reader, 8);
    }
    for (uint32_t i = 0; i < deliveries; i++) {
        struct irqcts_delivery *delivery = &trace->deliveries[i];
        delivery->function = wire_get32(&reader);
        delivery->message = wire_get32(&reader);
        delivery->count = wire_get32(&reader);
        delivery->data = wire_get32(&reader);
        delivery->address = wire_get(&reader, 8);
    }
    if (functions != 0) {
        error = read_messages(trace, &reader);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = wire_end(&reader, "TRACE");
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = trace_check(trace);
    }
    if (error == IRQCTS_ERROR_NONE && trace->functions != 0) {
        error = trace_resolve_operations(trace);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_trace_free(trace);
        return error;
    }
    *out = trace;
    return IRQCTS_ERROR_NONE;
}
