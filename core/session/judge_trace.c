/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a trace twice: every step against the oracle, and against what the
 * program's author states.  Neither knows of the other.
 */
#include "trace_internal.h"

#include <stdlib.h>

static int32_t make_model(struct irqcts_model **out, const struct irqcts_trace *trace, uint32_t readings)
{
    const struct irqcts_operation *configure = &trace->operations[0];
    struct irqcts_model_configuration configuration = {
        .entries = configure->entry,
        .messages = configure->message,
        .virtual_functions = (uint32_t)configure->value,
        .virtual_entries = configure->data,
        .virtual_messages = configure->control,
        .observations = trace->description.observations,
        .properties = trace->description.properties,
        .readings = readings,
        .slots = 0,
        .stimulus = trace->description.stimulus,
    };
    size_t size;
    void *memory;

    for (uint32_t i = 0; i < trace->count; i++) { /* only as many saved states as are used: they are large */
        uint32_t kind = trace->operations[i].kind;
        if ((kind == IRQCTS_OPERATION_SAVE || kind == IRQCTS_OPERATION_RESTORE) &&
            trace->operations[i].value >= configuration.slots) {
            configuration.slots = (uint32_t)trace->operations[i].value + 1u;
        }
    }
    size = irqcts_model_size(&configuration);
    memory = malloc(size);
    *out = memory != NULL ? irqcts_model_initialise(memory, size, &configuration) : NULL;
    if (*out == NULL) {
        free(memory);
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for an oracle of %zu bytes", size);
    }
    for (uint32_t f = 0; f < trace->functions; f++) {
        for (uint32_t m = trace->message_first[f]; m < trace->message_first[f + 1u]; m++) {
            irqcts_model_set_message(*out, f, m - trace->message_first[f], &trace->messages[m]);
        }
    }
    return IRQCTS_ERROR_NONE;
}

/* How often a stated message may have been seen at most: see docs/verdicts.md on exact counts. */
static int count_met(const struct irqcts_backend_description *description, const struct irqcts_expected_delivery *stated,
                     uint32_t observed)
{
    int exact = (description->observations & IRQCTS_OBSERVES_EXACT_COUNTS) != 0;
    int repeats = (description->properties & IRQCTS_PROPERTY_REPEATS) != 0;
    uint32_t minimum = exact || stated->minimum == 0 ? stated->minimum : 1u;

    return observed >= minimum && (observed <= stated->maximum || !exact || repeats);
}

static int deliveries_met(const struct irqcts_trace *trace, uint32_t index)
{
    const struct irqcts_result *result = &trace->results[index];
    const struct irqcts_expectation *stated = &trace->stated[index];
    const struct irqcts_expected_delivery *wanted = trace->stated_deliveries + stated->delivery_first;
    const struct irqcts_delivery *seen = trace->deliveries + result->delivery_first;
    int strays_seen = (trace->description.observations & IRQCTS_OBSERVES_STRAYS) != 0;
    uint32_t i;
    uint32_t j;

    for (i = 0; i < stated->delivery_count; i++) {
        uint32_t observed = 0;
        for (j = 0; j < result->delivery_count; j++) {
            if (seen[j].message == wanted[i].message &&
                (seen[j].function == wanted[i].function || wanted[i].message == IRQCTS_MESSAGE_STRAY)) {
                observed += seen[j].count;
            }
        }
        if (wanted[i].message == IRQCTS_MESSAGE_STRAY && !strays_seen) {
            continue;
        }
        if (!count_met(&trace->description, &wanted[i], observed)) {
            return 0;
        }
    }
    for (j = 0; j < result->delivery_count; j++) { /* and nothing else */
        int listed = 0;
        for (i = 0; i < stated->delivery_count && !listed; i++) {
            listed = seen[j].message == wanted[i].message &&
                     (seen[j].function == wanted[i].function || wanted[i].message == IRQCTS_MESSAGE_STRAY);
        }
        if (!listed) {
            return 0;
        }
    }
    return 1;
}

/* What has to be observable for a read's value to mean anything. */
static uint32_t observation_behind(uint32_t kind)
{
    switch (kind) {
    case IRQCTS_OPERATION_TABLE_READ:
        return IRQCTS_OBSERVES_TABLE;
    case IRQCTS_OPERATION_PBA_READ:
        return IRQCTS_OBSERVES_PBA;
    case IRQCTS_OPERATION_CAPABILITY_READ:
        return IRQCTS_OBSERVES_CAPABILITY;
    default:
        return 0;
    }
}

/* The backend said beforehand that it does not have this operation. */
static int unsupported(const struct irqcts_trace *trace, uint32_t index)
{
    return trace->results[index].status == IRQCTS_STATUS_NOT_SUPPORTED &&
           ((trace->description.operations >> trace->operations[index].kind) & 1u) == 0;
}

static uint32_t expectation_outcome(const struct irqcts_trace *trace, uint32_t index)
{
    const struct irqcts_expectation *stated = &trace->stated[index];
    const struct irqcts_result *result = &trace->results[index];
    uint32_t observations = trace->description.observations;
    uint32_t behind = observation_behind(trace->operations[index].kind);

    if (stated->flags == 0) {
        return IRQCTS_EXPECTATION_NOT_STATED;
    }
    if (result->status == IRQCTS_STATUS_NOT_EXECUTED || unsupported(trace, index)) {
        return IRQCTS_EXPECTATION_NOT_OBSERVABLE;
    }
    if ((stated->flags & IRQCTS_EXPECTS_STATUS) != 0 && result->status != stated->status) {
        return IRQCTS_EXPECTATION_STATUS;
    }
    if ((stated->flags & IRQCTS_EXPECTS_REFUSAL) != 0 && result->status == IRQCTS_STATUS_OK) {
        return IRQCTS_EXPECTATION_STATUS;
    }
    if ((stated->flags & IRQCTS_EXPECTS_VALUE) != 0) {
        if (behind != 0 && (observations & behind) == 0) {
            return IRQCTS_EXPECTATION_NOT_OBSERVABLE;
        }
        int refused = result->status != IRQCTS_STATUS_OK &&
                      trace->operations[index].kind < IRQCTS_OPERATION_VFIO_FIRST; /* those give their errno */
        if (refused || (result->value & stated->value_mask) != stated->value) {
            return IRQCTS_EXPECTATION_VALUE;
        }
    }
    if ((stated->flags & IRQCTS_EXPECTS_DELIVERIES) != 0) {
        if ((observations & IRQCTS_OBSERVES_DELIVERIES) == 0) {
            return IRQCTS_EXPECTATION_NOT_OBSERVABLE;
        }
        if (!deliveries_met(trace, index)) {
            return IRQCTS_EXPECTATION_DELIVERIES;
        }
    }
    return IRQCTS_EXPECTATION_MET;
}

static void count_step(struct irqcts_outcome *out, const struct trace_judged *step, uint32_t index)
{
    out->steps++;
    if (step->judgement.kind == IRQCTS_JUDGEMENT_NOT_OBSERVED) {
        if (out->first_not_observed == UINT32_MAX) {
            out->first_not_observed = index;
        }
    } else {
        out->judged++;
        if (step->judgement.kind != IRQCTS_JUDGEMENT_CONFORMS && out->divergences++ == 0) {
            out->first_divergence = index;
        }
    }
    if (step->expectation == IRQCTS_EXPECTATION_MET) {
        out->expectations_met++;
    } else if (step->expectation == IRQCTS_EXPECTATION_NOT_OBSERVABLE) {
        if (out->first_not_observed == UINT32_MAX) {
            out->first_not_observed = index;
        }
    } else if (step->expectation != IRQCTS_EXPECTATION_NOT_STATED && out->expectations_failed++ == 0) {
        out->first_failed_expectation = index;
    }
}

int32_t irqcts_trace_judge(struct irqcts_outcome *out, struct irqcts_trace *trace,
                           const struct irqcts_program *program, uint32_t readings)
{
    struct irqcts_model *model = NULL;
    int32_t error = IRQCTS_ERROR_NONE;
    int followed = 1; /* the oracle knows the state */

    *out = (struct irqcts_outcome){.first_divergence = UINT32_MAX,
                                   .first_failed_expectation = UINT32_MAX,
                                   .first_not_observed = UINT32_MAX};
    if (irqcts_program_count(program) < trace->count) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a trace of %u steps for a program of %u", trace->count,
                           irqcts_program_count(program));
    }
    error = make_model(&model, trace, readings);
    if (error == IRQCTS_ERROR_NONE && trace->judged == NULL) {
        trace->judged = malloc((trace->room + 1u) * sizeof(*trace->judged));
        error = trace->judged != NULL ? IRQCTS_ERROR_NONE
                                     : irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory to judge %u steps", trace->room);
    }
    for (uint32_t i = 0; i < trace->count && error == IRQCTS_ERROR_NONE; i++) {
        struct trace_judged *step = &trace->judged[i];
        followed = followed && trace->operations[i].kind < IRQCTS_OPERATION_VFIO_FIRST;
        if (followed) {
            irqcts_model_judge(model, &trace->operations[i], &trace->results[i],
                               trace->deliveries + trace->results[i].delivery_first, &out->coverage, &step->judgement);
        } else { /* raw calls go past the oracle: from here on only what the author states counts */
            step->judgement = (struct irqcts_judgement){.kind = unsupported(trace, i) ? IRQCTS_JUDGEMENT_NOT_OBSERVED
                                                                                       : IRQCTS_JUDGEMENT_CONFORMS,
                                                        .statuses = (1u << IRQCTS_STATUS_COUNT) - 1u};
        }
        step->expectation = expectation_outcome(trace, i);
        if (i == 0 && trace->results[0].status != IRQCTS_STATUS_OK) {
            step->judgement.kind = IRQCTS_JUDGEMENT_NOT_OBSERVED; /* nothing was configured, nothing can be judged */
        }
        count_step(out, step, i);
        if (step->judgement.kind == IRQCTS_JUDGEMENT_NOT_OBSERVED) {
            /* What the device did not do the oracle cannot follow. */
            for (uint32_t rest = i + 1u; rest < trace->count; rest++) {
                trace->judged[rest] = (struct trace_judged){.judgement = {.kind = IRQCTS_JUDGEMENT_NOT_OBSERVED},
                                                            .expectation = IRQCTS_EXPECTATION_NOT_OBSERVABLE};
                out->steps++;
            }
            break;
        }
    }
    free(model);
    return error;
}
