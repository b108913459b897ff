/* SPDX-License-Identifier: Apache-2.0 */
/* What the emulator's tests share: opening it and running program text on it, without oracle or session. */
#ifndef IRQCTS_EMULATOR_TESTS_RUN_H
#define IRQCTS_EMULATOR_TESTS_RUN_H

#include "check.h"
#include "irqcts/backend.h"
#include "irqcts/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

#define OUTCOME_STEPS 256
#define OUTCOME_DELIVERIES 1024

/* Everything that a program's run showed. */
struct outcome {
    uint32_t steps;
    struct irqcts_result results[OUTCOME_STEPS];
    uint32_t deliveries;
    struct irqcts_delivery records[OUTCOME_DELIVERIES];
};

static inline void *open_emulator(const char *options)
{
    char error[512] = "";
    void *context = NULL;

    if (irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->open(&context, options, error, sizeof(error)) < 0) {
        (void)fprintf(stderr, "options \"%s\": %s\n", options, error);
        exit(1);
    }
    return context;
}

static inline void close_emulator(void *context)
{
    irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->close(context);
}

/* Runs program text on an open emulator, one operation at a time. */
static inline void run_text(struct outcome *out, void *context, const char *text)
{
    const struct irqcts_backend_interface *backend = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    struct irqcts_delivery_buffer deliveries = {out->records, OUTCOME_DELIVERIES, 0, 0, 0};
    struct irqcts_program *program = NULL;
    uint32_t i;

    memset(out->results, 0, sizeof(out->results));
    memset(out->records, 0, sizeof(out->records));
    if (irqcts_program_parse(&program, text, strlen(text)) < 0) {
        (void)fprintf(stderr, "%s\n%s", irqcts_last_error(), text);
        exit(1);
    }
    out->steps = irqcts_program_count(program);
    CHECK(out->steps <= OUTCOME_STEPS);
    for (i = 0; i < out->steps; i++) {
        struct irqcts_operation operation = *irqcts_program_operation(program, i);
        char error[512] = "";
        if ((operation.flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0) {
            struct irqcts_message message;
            CHECK(backend->messages(context, operation.message_function, operation.message, 1, &message, error,
                                    sizeof(error)) == 0);
            irqcts_operation_resolve(&operation, &message);
        }
        out->results[i].status = IRQCTS_STATUS_NOT_EXECUTED;
        CHECK(backend->execute(context, &operation, 1, &out->results[i], &deliveries, error, sizeof(error)) == 0);
    }
    out->deliveries = deliveries.count;
    CHECK_EQ(deliveries.lost, 0);
    irqcts_program_free(program);
}

/* The first step whose result or deliveries differ; UINT32_MAX: none. */
static inline uint32_t first_difference(const struct outcome *a, const struct outcome *b)
{
    uint32_t i;

    for (i = 0; i < a->steps; i++) {
        const struct irqcts_result *left = &a->results[i];
        const struct irqcts_result *right = &b->results[i];
        if (left->status != right->status || left->value != right->value ||
            left->delivery_count != right->delivery_count ||
            memcmp(a->records + left->delivery_first, b->records + right->delivery_first,
                   left->delivery_count * sizeof(a->records[0])) != 0) {
            return i;
        }
    }
    return UINT32_MAX;
}

#endif
