/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a frame, at either end: refused, or something that can be used and encoded again. */
#include "irqcts/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_trace(const uint8_t *payload, size_t length)
{
    static const char text[] = "irqcts-program 1\nconfigure entries=2 messages=2 vfs=1 vf-entries=1 vf-messages=1\n"
                               "table-write 0.address message=1\nraise 0\npoll => 0:1\npba-read +0x0 width=8\n";
    struct irqcts_backend_description description;
    struct irqcts_program *program;
    struct irqcts_trace *trace;
    struct irqcts_outcome outcome;
    char sentence[256];
    size_t written;

    memset(&description, 0, sizeof(description));
    description.observations = 127;
    description.operations = (UINT64_C(1) << 28) - 2u;
    if (irqcts_program_parse(&program, text, sizeof(text) - 1) != 0) {
        abort();
    }
    if (irqcts_wire_decode_trace(&trace, program, &description, payload, length) == IRQCTS_ERROR_NONE) {
        if (irqcts_trace_judge(&outcome, trace, program, 0) != 0) {
            abort();
        }
        for (uint32_t i = 0; i < irqcts_trace_count(trace); i++) {
            (void)irqcts_trace_expected_text(&written, trace, i, sentence, sizeof(sentence));
            (void)irqcts_trace_observed_text(&written, trace, i, sentence, sizeof(sentence));
            (void)irqcts_trace_reason_text(&written, trace, i, sentence, sizeof(sentence));
        }
        irqcts_trace_free(trace);
    }
    irqcts_program_free(program);
}

static void same_again(struct irqcts_bytes *frame, const uint8_t *payload, size_t length)
{
    if (frame->length != length + IRQCTS_WIRE_HEADER_BYTES ||
        memcmp(frame->data + IRQCTS_WIRE_HEADER_BYTES, payload, length) != 0) {
        abort();
    }
    irqcts_bytes_free(frame);
}

static void as_run(const uint8_t *payload, size_t length)
{
    struct irqcts_bytes frame = {0};
    struct irqcts_program *program;
    uint32_t flags;

    if (irqcts_wire_decode_run(&program, &flags, payload, length) != IRQCTS_ERROR_NONE) {
        return;
    }
    if (irqcts_wire_encode_run(&frame, 1, flags, program) != 0) {
        abort();
    }
    same_again(&frame, payload, length);
    irqcts_program_free(program);
}

static void as_record(const uint8_t *payload, size_t length)
{
    struct irqcts_bytes frame = {0};
    struct irqcts_history_shape shape;
    struct irqcts_history_plan plan;

    if (irqcts_wire_decode_record(&shape, &plan, payload, length) == IRQCTS_ERROR_NONE) {
        if (irqcts_wire_encode_record(&frame, 1, &shape, &plan) != 0) {
            abort();
        }
        same_again(&frame, payload, length);
    }
}

static void as_history(const uint8_t *payload, size_t length)
{
    const struct irqcts_history_shape shape = {.entries = 4, .messages = 3, .flags = IRQCTS_HISTORY_COALESCES};
    struct irqcts_bytes frame = {0};
    struct irqcts_history_report report;
    struct irqcts_history *history;
    char text[512];
    size_t written;

    if (irqcts_wire_decode_history(&history, &shape, payload, length) != IRQCTS_ERROR_NONE) {
        return;
    }
    if (irqcts_wire_encode_history(&frame, 1, history) != 0) {
        abort();
    }
    same_again(&frame, payload, length);
    if (irqcts_history_check(&report, history) == IRQCTS_ERROR_NONE) {
        (void)irqcts_history_text(&written, history, text, sizeof(text));
    }
    irqcts_history_free(history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irqcts_wire_header header;
    struct irqcts_backend_description description;
    char text[256];
    int32_t code;

    if (size < 1) {
        return 0;
    }
    if (size > IRQCTS_WIRE_HEADER_BYTES) {
        (void)irqcts_wire_header_decode(&header, data);
    }
    switch (data[0] % 7u) {
    case 0:
        as_run(data + 1, size - 1);
        break;
    case 1:
        as_trace(data + 1, size - 1);
        break;
    case 2:
        (void)irqcts_wire_decode_description(&description, data + 1, size - 1);
        break;
    case 3:
        (void)irqcts_wire_decode_hello(text, sizeof(text), data + 1, size - 1);
        break;
    case 4:
        as_record(data + 1, size - 1);
        break;
    case 5:
        as_history(data + 1, size - 1);
        break;
    default:
        (void)irqcts_wire_decode_error(&code, text, sizeof(text), data + 1, size - 1);
        break;
    }
    return 0;
}
