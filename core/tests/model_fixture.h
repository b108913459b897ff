/* SPDX-License-Identifier: Apache-2.0 */
/* An oracle to put observations to, and short words for the operations. */
#ifndef IRQCTS_MODEL_FIXTURE_H
#define IRQCTS_MODEL_FIXTURE_H

#include "check.h"
#include "irqcts/clauses.h"
#include "irqcts/model.h"

#include <stdlib.h>
#include <string.h>

static struct irqcts_model *model;
static struct irqcts_model *memory;
static struct irqcts_coverage coverage;
static struct irqcts_judgement judgement;

static const uint32_t ALL_OBSERVED = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES |
                                     IRQCTS_OBSERVES_EXACT_COUNTS | IRQCTS_OBSERVES_STRAYS | IRQCTS_OBSERVES_TABLE |
                                     IRQCTS_OBSERVES_PBA | IRQCTS_OBSERVES_CAPABILITY;

static inline struct irqcts_model_configuration shape(uint32_t entries, uint32_t messages, uint32_t virtual_functions)
{
    struct irqcts_model_configuration configuration = {.entries = entries,
                                                       .messages = messages,
                                                       .virtual_functions = virtual_functions,
                                                       .virtual_entries = virtual_functions > 0 ? 2 : 0,
                                                       .virtual_messages = virtual_functions > 0 ? 2 : 0,
                                                       .observations = ALL_OBSERVED,
                                                       .properties = IRQCTS_PROPERTY_SYNCHRONOUS,
                                                       .slots = 2,
                                                       .stimulus = IRQCTS_STIMULUS_DEVICE};
    return configuration;
}

/* Message m of function f: distinct in address and data. */
static inline uint64_t address_of(uint32_t function, uint32_t message)
{
    return UINT64_C(0x100000000) + function * 0x10000u + message * 16u;
}

static inline uint32_t data_of(uint32_t function, uint32_t message)
{
    return 0x4000u + function * 256u + message;
}

/* An oracle that has not been told what makes its messages. */
static inline void begin_untold(const struct irqcts_model_configuration *configuration)
{
    size_t size = irqcts_model_size(configuration);

    free(memory);
    memory = malloc(size);
    model = irqcts_model_initialise(memory, size, configuration);
    CHECK(model != NULL);
}

static inline void begin_with(const struct irqcts_model_configuration *configuration)
{
    uint32_t f;
    uint32_t m;

    begin_untold(configuration);
    for (f = 0; f <= configuration->virtual_functions; f++) {
        for (m = 0; m < (f == 0 ? configuration->messages : configuration->virtual_messages); m++) {
            struct irqcts_message message = {address_of(f, m), data_of(f, m), 0};
            irqcts_model_set_message(model, f, m, &message);
        }
    }
}

static inline void begin(uint32_t entries, uint32_t messages)
{
    struct irqcts_model_configuration configuration = shape(entries, messages, 0);
    begin_with(&configuration);
}

static inline uint32_t answer(struct irqcts_operation operation, uint32_t status, uint64_t value)
{
    struct irqcts_result result = {.status = status, .value = value};
    return irqcts_model_judge(model, &operation, &result, NULL, &coverage, &judgement);
}

static inline uint32_t done(struct irqcts_operation operation)
{
    return answer(operation, IRQCTS_STATUS_OK, 0);
}

#define OPERATION(...) ((struct irqcts_operation){__VA_ARGS__})
#define ACCEPTS(judged) CHECK_EQ((judged), (uint32_t)IRQCTS_JUDGEMENT_CONFORMS)
#define REFUSES(judged, expected_kind, expected_clause)                                                               \
    do {                                                                                                              \
        CHECK_EQ((judged), (uint32_t)(expected_kind));                                                                \
        CHECK_EQ(judgement.clause, (uint32_t)(expected_clause));                                                      \
    } while (0)

static inline uint32_t on(uint32_t kind, uint32_t entry)
{
    return done(OPERATION(.kind = (uint16_t)kind, .entry = entry));
}

static inline uint32_t control(uint32_t kind, uint64_t value)
{
    return done(OPERATION(.kind = (uint16_t)kind, .value = value));
}

static inline uint32_t table_write(uint32_t entry, uint32_t offset, uint8_t width, uint64_t value)
{
    return done(OPERATION(.kind = IRQCTS_OPERATION_TABLE_WRITE, .width = width, .address = entry * 16u + offset,
                          .value = value));
}

static inline uint32_t table_read(uint32_t entry, uint32_t offset, uint32_t observed)
{
    return answer(OPERATION(.kind = IRQCTS_OPERATION_TABLE_READ, .width = 4, .address = entry * 16u + offset),
                  IRQCTS_STATUS_OK, observed);
}

static inline uint32_t pba_read(uint64_t observed)
{
    return answer(OPERATION(.kind = IRQCTS_OPERATION_PBA_READ, .width = 8), IRQCTS_STATUS_OK, observed);
}

static inline void program_entry(uint32_t entry, uint32_t message, uint32_t vector_control)
{
    ACCEPTS(table_write(entry, 0, 8, address_of(0, message)));
    ACCEPTS(table_write(entry, 8, 4, data_of(0, message)));
    ACCEPTS(table_write(entry, 12, 4, vector_control));
}

/* A poll that observed up to two kinds of message; message UINT32_MAX - 1: none. */
#define NOTHING (UINT32_MAX - 1u)
static inline uint32_t poll_two(uint32_t f0, uint32_t m0, uint32_t count0, uint32_t f1, uint32_t m1, uint32_t count1)
{
    struct irqcts_delivery records[2] = {{.function = f0, .message = m0, .count = count0},
                                         {.function = f1, .message = m1, .count = count1}};
    struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_POLL};
    struct irqcts_result result = {.delivery_count = m0 == NOTHING ? 0u : m1 == NOTHING ? 1u : 2u};
    return irqcts_model_judge(model, &operation, &result, records, &coverage, &judgement);
}

static inline uint32_t poll(uint32_t message, uint32_t count)
{
    return poll_two(0, message, count, 0, NOTHING, 0);
}

static inline uint32_t silence(void)
{
    return poll(NOTHING, 0);
}

#endif
