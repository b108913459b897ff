/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's inner loop: generate a batch, execute it, judge each step. */
#include "../session/broken.h"
#include "irqcts/engine.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 512, DELIVERIES = 8192, SLOTS = 2 };

/* Everything that the loop needs, taken once. */
struct workspace {
    struct irqcts_operation operations[BATCH];
    struct irqcts_result results[BATCH];
    struct irqcts_delivery records[DELIVERIES];
    struct irqcts_message *messages; /* of all functions, physical first */
    void *model_memory;
    size_t model_size;
};

static uint32_t first_message(const struct irqcts_engine_shape *shape, uint32_t function)
{
    return function == 0 ? 0 : shape->messages + (function - 1u) * shape->virtual_messages;
}

static int32_t fetch_messages(struct workspace *workspace, const struct irqcts_backend_interface *backend,
                              void *context, const struct irqcts_engine_shape *shape)
{
    char sentence[256] = "";
    uint32_t f;

    for (f = 0; f <= shape->virtual_functions; f++) {
        int32_t error = backend->messages(context, f, 0, f == 0 ? shape->messages : shape->virtual_messages,
                                          workspace->messages + first_message(shape, f), sentence, sizeof(sentence));
        if (error < 0) {
            return broken_fail(backend, error, sentence);
        }
    }
    return IRQCTS_ERROR_NONE;
}

static struct irqcts_model *fresh_model(struct workspace *workspace, const struct irqcts_engine_shape *shape,
                                        const struct irqcts_model_configuration *configuration)
{
    struct irqcts_model *model =
        irqcts_model_initialise(workspace->model_memory, workspace->model_size, configuration);
    uint32_t f;
    uint32_t m;

    for (f = 0; f <= shape->virtual_functions; f++) {
        uint32_t count = f == 0 ? shape->messages : shape->virtual_messages;
        for (m = 0; m < count; m++) {
            irqcts_model_set_message(model, f, m, &workspace->messages[first_message(shape, f) + m]);
        }
    }
    return model;
}

static int32_t run_program(struct irqcts_engine_report *report, struct workspace *workspace,
                           const struct irqcts_backend_interface *backend, void *context,
                           const struct irqcts_engine_shape *shape, uint64_t seed, uint32_t flags,
                           const struct irqcts_model_configuration *configuration)
{
    struct irqcts_generator generator;
    struct irqcts_model *model = NULL;
    struct irqcts_judgement judgement;
    uint32_t done = 0;
    int32_t error = irqcts_generator_initialise(&generator, shape, seed);

    while (done <= shape->length && error == IRQCTS_ERROR_NONE) {
        struct irqcts_delivery_buffer deliveries = {workspace->records, DELIVERIES, 0, 0, 0};
        char sentence[256] = "";
        uint32_t left = shape->length + 1u - done;
        uint32_t count = done == 0 ? 1u : left < BATCH ? left : BATCH;
        uint32_t i;

        irqcts_generator_next(&generator, count, workspace->operations);
        for (i = 0; i < count; i++) {
            struct irqcts_operation *operation = &workspace->operations[i];
            if ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0) {
                irqcts_operation_resolve(
                    operation,
                    &workspace->messages[first_message(shape, operation->message_function) + operation->message]);
            }
            workspace->results[i].status = IRQCTS_STATUS_NOT_EXECUTED;
        }
        error = backend->execute(context, workspace->operations, count, workspace->results, &deliveries, sentence,
                                 sizeof(sentence));
        if (error < 0) {
            return broken_fail(backend, error, sentence);
        }
        if (deliveries.lost > 0) {
            return irqcts_fail(IRQCTS_ERROR_CAPACITY, "%u delivery records did not fit", deliveries.lost);
        }
        if (done == 0) {
            if (workspace->results[0].status != IRQCTS_STATUS_OK) {
                return irqcts_fail(IRQCTS_ERROR_BACKEND, "%s refuses to configure this shape", backend->name);
            }
            error = fetch_messages(workspace, backend, context, shape);
            if (error == IRQCTS_ERROR_NONE && (flags & IRQCTS_ENGINE_JUDGE) != 0) {
                model = fresh_model(workspace, shape, configuration);
            }
        } else if (model != NULL) {
            for (i = 0; i < count; i++) {
                i += irqcts_model_judge_run(model, workspace->operations + i, workspace->results + i,
                                            workspace->records, count - i, &report->coverage, &judgement);
                if (i == count) {
                    break;
                }
                if (judgement.kind == IRQCTS_JUDGEMENT_NOT_OBSERVED) {
                    report->not_supported++;
                } else {
                    report->failing_seed = seed;
                    report->failing_step = done + i;
                    report->judgement = judgement;
                    report->steps += i + 1u;
                    return IRQCTS_ERROR_NONE;
                }
            }
        }
        report->steps += count;
        done += count;
    }
    return error;
}

int32_t irqcts_engine_run(struct irqcts_engine_report *out, const struct irqcts_backend_interface *backend,
                          void *context, const struct irqcts_engine_shape *shape, uint64_t run_seed,
                          uint64_t index_first, uint64_t steps, uint32_t flags, uint32_t readings)
{
    struct irqcts_backend_description description;
    struct irqcts_model_configuration configuration;
    struct irqcts_generator probe;
    struct workspace *workspace;
    int32_t error = irqcts_generator_initialise(&probe, shape, run_seed); /* checks the shape */

    memset(out, 0, sizeof(*out));
    out->failing_step = UINT32_MAX;
    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    if (backend->describe(context, &description) < 0) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "%s does not describe itself", backend->name);
    }
    configuration = (struct irqcts_model_configuration){
        .entries = shape->entries,
        .messages = shape->messages,
        .virtual_functions = shape->virtual_functions,
        .virtual_entries = shape->virtual_functions > 0 ? shape->virtual_entries : 0,
        .virtual_messages = shape->virtual_functions > 0 ? shape->virtual_messages : 0,
        .observations = description.observations,
        .properties = description.properties,
        .readings = readings,
        .slots = SLOTS,
        .stimulus = description.stimulus,
    };
    workspace = calloc(1, sizeof(*workspace));
    if (workspace != NULL) {
        workspace->model_size = irqcts_model_size(&configuration);
        workspace->model_memory = malloc(workspace->model_size);
        workspace->messages =
            calloc(first_message(shape, shape->virtual_functions + 1u), sizeof(*workspace->messages));
    }
    if (workspace == NULL || workspace->model_memory == NULL || workspace->messages == NULL) {
        error = irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for an oracle of %u entries", shape->entries);
    }
    while (error == IRQCTS_ERROR_NONE && out->steps < steps && out->failing_step == UINT32_MAX) {
        error = run_program(out, workspace, backend, context, shape, irqcts_engine_seed(run_seed, index_first), flags,
                            &configuration);
        index_first++;
        out->programs++;
    }
    if (workspace != NULL) {
        free(workspace->model_memory);
        free(workspace->messages);
        free(workspace);
    }
    return error;
}
