/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program comes next.  A device is slow and the oracle is not: of several
 * candidates each is played on the oracle alone, and the one is run that takes
 * most transitions and enforces most clauses that no program before it did, or
 * few did, for its length.  The others are dropped.  (Adaptive random testing:
 * T. Y. Chen, H. Leung, I. K. Mak, 2004; that what is rare gets the energy is
 * M. Böhme's and others' AFLFast, 2016.)
 */
#include "irqcts/soak.h"

#include "transitions.h"

#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 16, LENGTH_MAX = 1000, DELIVERIES = 8192, SLOTS = 2 };
/* An operation counts for as many steps more as setting the device up takes. */
enum { STEPS_TO_SET_UP = 30 };
/* A clause that was not enforced before, in transitions that were not taken before. */
static const double CLAUSE_WEIGHT = 8.0;

/* What follows upon one of these is another transition than without it. */
static const uint64_t turning_points =
    UINT64_C(1) << IRQCTS_OPERATION_RESET | UINT64_C(1) << IRQCTS_OPERATION_RESTORE |
    UINT64_C(1) << IRQCTS_OPERATION_SAVE | UINT64_C(1) << IRQCTS_OPERATION_PAUSE |
    UINT64_C(1) << IRQCTS_OPERATION_START | UINT64_C(1) << IRQCTS_OPERATION_WRITE_VIRTUALIZED |
    UINT64_C(1) << IRQCTS_OPERATION_CAPABILITY_WRITE;

/* One candidate, played. */
struct play {
    uint64_t seed;
    double score;
    uint32_t count;
    uint32_t taken[LENGTH_MAX];
    struct irqcts_coverage coverage;
};

struct workspace {
    struct play plays[2]; /* the best so far, and the next */
    struct irqcts_operation operations[LENGTH_MAX + 1];
    struct irqcts_delivery records[DELIVERIES];
    void *memory; /* of the oracle */
    size_t size;
};

/* Any that differ would do: the programs name messages by their number. */
static struct irqcts_message stand_in(uint32_t function, uint32_t message)
{
    return (struct irqcts_message){UINT64_C(0xfee00000) + ((uint64_t)function << 24) + 16u * (uint64_t)message,
                                   function << 16 | message, 0};
}

static struct irqcts_model *fresh_oracle(struct workspace *workspace, const struct irqcts_engine_shape *shape,
                                         const struct irqcts_backend_description *description, uint32_t readings)
{
    struct irqcts_model_configuration configuration = {
        .entries = shape->entries,
        .messages = shape->messages,
        .virtual_functions = shape->virtual_functions,
        .virtual_entries = shape->virtual_entries,
        .virtual_messages = shape->virtual_messages,
        .observations = description->observations,
        .properties = description->properties,
        .readings = readings,
        .slots = SLOTS,
        .stimulus = description->stimulus,
    };
    struct irqcts_model *model;
    size_t size = irqcts_model_size(&configuration);

    if (size > workspace->size) {
        free(workspace->memory);
        workspace->memory = malloc(size);
        workspace->size = workspace->memory != NULL ? size : 0;
    }
    model = irqcts_model_initialise(workspace->memory, workspace->size, &configuration);
    for (uint32_t f = 0; model != NULL && f <= shape->virtual_functions; f++) {
        for (uint32_t m = 0; m < (f == 0 ? shape->messages : shape->virtual_messages); m++) {
            struct irqcts_message what = stand_in(f, m);
            irqcts_model_set_message(model, f, m, &what);
        }
    }
    return model;
}

static void play_steps(struct play *play, struct workspace *workspace, struct irqcts_model *model, uint32_t count)
{
    uint64_t turn = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct irqcts_operation *operation = &workspace->operations[i];
        struct irqcts_delivery_buffer deliveries = {workspace->records, DELIVERIES, 0, 0, 0};
        struct irqcts_result result;
        struct irqcts_judgement judgement;
        uint64_t before;

        if ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0) {
            struct irqcts_message what = stand_in(operation->message_function, operation->message);
            irqcts_operation_resolve(operation, &what);
        }
        before = transition_view(model, operation) | turn << 48;
        irqcts_model_predict(model, operation, &result, &deliveries);
        (void)irqcts_model_judge(model, operation, &result, workspace->records, &play->coverage, &judgement);
        play->taken[play->count++] =
            transition_number(operation, before, transition_view(model, operation), IRQCTS_SOAK_TRANSITIONS);
        if ((turning_points >> operation->kind & 1u) != 0) {
            turn = operation->kind | (operation->function != 0 ? 64u : 0u);
        }
    }
}

static double score(const struct play *play, struct irqcts_soak *soak)
{
    double sum = 0;

    for (uint32_t i = 0; i < play->count; i++) { /* within the program, too, each time counts less */
        sum += 1.0 / (1.0 + (double)soak->taken[play->taken[i]]++);
    }
    for (uint32_t i = 0; i < play->count; i++) {
        soak->taken[play->taken[i]]--;
    }
    for (uint32_t i = 0; i < IRQCTS_COVERAGE_WORDS; i++) {
        for (uint64_t fresh = play->coverage.words[i] & ~soak->foreseen.words[i]; fresh != 0; fresh &= fresh - 1u) {
            sum += CLAUSE_WEIGHT;
        }
    }
    return sum / (double)(play->count + STEPS_TO_SET_UP);
}

static int32_t play_candidate(struct play *play, struct workspace *workspace, struct irqcts_soak *soak,
                              const struct irqcts_backend_description *description, uint64_t seed)
{
    struct irqcts_engine_shape shape;
    struct irqcts_generator generator;
    struct irqcts_model *model = NULL;
    int32_t error = irqcts_soak_shape(&shape, description, seed);

    memset(play, 0, sizeof(*play));
    play->seed = seed;
    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_generator_initialise(&generator, &shape, irqcts_engine_seed(seed, 0));
    }
    if (error == IRQCTS_ERROR_NONE) {
        model = fresh_oracle(workspace, &shape, description, soak->readings);
        if (model == NULL) {
            error = irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for an oracle of %u entries", shape.entries);
        }
    }
    if (error == IRQCTS_ERROR_NONE) {
        irqcts_generator_next(&generator, 1, workspace->operations); /* CONFIGURE, which the fresh oracle stands for */
        irqcts_generator_next(&generator, shape.length, workspace->operations);
        play_steps(play, workspace, model, shape.length);
        play->score = score(play, soak);
    }
    return error;
}

static int32_t choose(uint64_t *out_seed, struct workspace *workspace, struct irqcts_soak *soak,
                      const struct irqcts_backend_description *description)
{
    struct play *best = &workspace->plays[0];
    struct play *next = &workspace->plays[1];
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint32_t i = 0; i < CANDIDATES && error == IRQCTS_ERROR_NONE; i++) {
        uint64_t seed = irqcts_engine_seed(soak->run_seed, soak->programs * CANDIDATES + i);
        error = play_candidate(next, workspace, soak, description, seed);
        if (i == 0 || next->score > best->score) {
            struct play *former = best;
            best = next;
            next = former;
        }
    }
    for (uint32_t i = 0; i < best->count && error == IRQCTS_ERROR_NONE; i++) {
        soak->taken[best->taken[i]]++;
    }
    for (uint32_t i = 0; i < IRQCTS_COVERAGE_WORDS && error == IRQCTS_ERROR_NONE; i++) {
        soak->foreseen.words[i] |= best->coverage.words[i];
    }
    *out_seed = best->seed;
    return error;
}

int32_t irqcts_soak_next(uint64_t *out_seed, struct irqcts_soak *soak,
                         const struct irqcts_backend_description *description)
{
    struct workspace *workspace;
    int32_t error;

    if ((soak->flags & IRQCTS_SOAK_UNSTEERED) != 0) {
        *out_seed = irqcts_engine_seed(soak->run_seed, soak->programs++);
        return IRQCTS_ERROR_NONE;
    }
    workspace = calloc(1, sizeof(*workspace));
    if (workspace == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory to choose a program");
    }
    error = choose(out_seed, workspace, soak, description);
    soak->programs++;
    free(workspace->memory);
    free(workspace);
    return error;
}
