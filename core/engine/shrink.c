/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First whole stretches of operations are left out, halving the stretch (delta
 * debugging: A. Zeller, R. Hildebrandt, 2002), which takes few runs when most
 * of a program does not matter; then single operations and operands, until a
 * whole round changes nothing.
 */
#include "irqcts/shrink.h"

#include <stdlib.h>

struct shrinking {
    irqcts_shrink_trial trial;
    void *context;
    const struct irqcts_shrink_options *options;
    struct irqcts_shrink_report *report;
    struct irqcts_program *best;
};

/* 1 fails, 0 does not, negative stops.  Out of runs counts as "does not". */
static int32_t fails(struct shrinking *shrinking, const struct irqcts_program *candidate)
{
    uint32_t repeats = shrinking->options->repeats > 1 ? shrinking->options->repeats : 1;

    for (uint32_t i = 0; i < repeats; i++) {
        int32_t outcome;
        if (shrinking->options->runs_max != 0 && shrinking->report->runs >= shrinking->options->runs_max) {
            shrinking->report->minimal = 0;
            return 0;
        }
        shrinking->report->runs++;
        outcome = shrinking->trial(shrinking->context, candidate);
        if (outcome != 0) {
            return outcome;
        }
    }
    return 0;
}

static int exhausted(const struct shrinking *shrinking)
{
    return shrinking->options->runs_max != 0 && shrinking->report->runs >= shrinking->options->runs_max;
}

static int32_t append_step(struct irqcts_program *to, const struct irqcts_program *from, uint32_t index,
                           const struct irqcts_operation *operation)
{
    const struct irqcts_expectation *expectation = irqcts_program_expectation(from, index);

    return irqcts_program_append(to, operation, expectation,
                                 expectation != NULL && expectation->delivery_count > 0
                                     ? irqcts_program_expected_deliveries(from) + expectation->delivery_first
                                     : NULL);
}

/* The best program without operations first .. first+count-1, or with operation
 * `first` replaced (count 0).  *out stays NULL when that is no program. */
static int32_t variant(struct irqcts_program **out, const struct shrinking *shrinking, uint32_t first, uint32_t count,
                       const struct irqcts_operation *replacement)
{
    struct irqcts_program *program = NULL;
    uint32_t total = irqcts_program_count(shrinking->best);
    int32_t error = irqcts_program_create(&program);

    *out = NULL;
    for (uint32_t i = 0; i < total && error == IRQCTS_ERROR_NONE; i++) {
        if (replacement != NULL && i == first) {
            error = append_step(program, shrinking->best, i, replacement);
        } else if (replacement != NULL || i < first || i >= first + count) {
            error = append_step(program, shrinking->best, i, irqcts_program_operation(shrinking->best, i));
        }
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_program_free(program);
        return error == IRQCTS_ERROR_MEMORY ? error : IRQCTS_ERROR_NONE;
    }
    *out = program;
    return IRQCTS_ERROR_NONE;
}

/* 1: the variant fails too and is the best now; 0: it is not; negative: stop. */
static int32_t adopt(struct shrinking *shrinking, uint32_t first, uint32_t count,
                     const struct irqcts_operation *replacement)
{
    struct irqcts_program *candidate;
    int32_t outcome = variant(&candidate, shrinking, first, count, replacement);

    if (outcome != IRQCTS_ERROR_NONE || candidate == NULL) {
        return outcome;
    }
    outcome = fails(shrinking, candidate);
    if (outcome == 1) {
        irqcts_program_free(shrinking->best);
        shrinking->best = candidate;
    } else {
        irqcts_program_free(candidate);
    }
    return outcome;
}

/* Leaves out stretches of `length` operations, from the end: what comes last is
 * most often what nothing else needs.  Returns whether any was left out. */
static int32_t remove_stretches(struct shrinking *shrinking, uint32_t length)
{
    uint32_t end = irqcts_program_count(shrinking->best);
    int32_t removed = 0;

    while (end > 1) {
        uint32_t first = end > length + 1u ? end - length : 1u; /* CONFIGURE stays */
        int32_t outcome = adopt(shrinking, first, end - first, NULL);
        if (outcome < 0) {
            return outcome;
        }
        removed |= outcome;
        end = first;
    }
    return removed;
}

/* Tries one smaller value of one field; the others as they are. */
static int32_t lower(struct shrinking *shrinking, uint32_t index, size_t offset, uint32_t value)
{
    struct irqcts_operation changed = *irqcts_program_operation(shrinking->best, index);
    uint32_t *field = (uint32_t *)(void *)((char *)&changed + offset);

    if (*field <= value) {
        return 0;
    }
    *field = value;
    if (irqcts_operation_check(&changed) != IRQCTS_ERROR_NONE) {
        return 0;
    }
    return adopt(shrinking, index, 0, &changed);
}

/* 0, half, one less: the smallest that still fails is found in few runs. */
static int32_t lower_field(struct shrinking *shrinking, uint32_t index, size_t offset)
{
    int32_t lowered = 0;
    int32_t outcome = 1;

    while (outcome == 1) {
        const struct irqcts_operation *operation = irqcts_program_operation(shrinking->best, index);
        uint32_t value = *(const uint32_t *)(const void *)((const char *)operation + offset);
        if (value == 0 || value > INT32_MAX) { /* a negative index is as simple as it gets */
            break;
        }
        outcome = lower(shrinking, index, offset, 0);
        if (outcome == 0) {
            outcome = lower(shrinking, index, offset, value / 2u);
        }
        if (outcome == 0) {
            outcome = lower(shrinking, index, offset, value - 1u);
        }
        if (outcome < 0) {
            return outcome;
        }
        lowered |= outcome;
    }
    return lowered;
}

static int32_t lower_operands(struct shrinking *shrinking)
{
    static const size_t fields[] = {
        offsetof(struct irqcts_operation, entry), offsetof(struct irqcts_operation, message),
        offsetof(struct irqcts_operation, data), offsetof(struct irqcts_operation, control)};
    int32_t lowered = 0;

    for (uint32_t i = 0; i < irqcts_program_count(shrinking->best); i++) {
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
            int32_t outcome = lower_field(shrinking, i, fields[f]);
            if (outcome < 0) {
                return outcome;
            }
            lowered |= outcome;
        }
    }
    return lowered;
}

static int32_t run(struct shrinking *shrinking)
{
    int32_t outcome = fails(shrinking, shrinking->best);

    if (outcome == 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "the program does not fail, so there is nothing to shrink");
    }
    for (uint32_t length = irqcts_program_count(shrinking->best) / 2u; outcome >= 0 && length > 1; length /= 2u) {
        outcome = remove_stretches(shrinking, length);
    }
    for (outcome = outcome < 0 ? outcome : 1; outcome == 1 && !exhausted(shrinking);) {
        int32_t lowered;
        outcome = remove_stretches(shrinking, 1);
        if (outcome < 0) {
            break;
        }
        lowered = lower_operands(shrinking);
        outcome = lowered < 0 ? lowered : outcome | lowered;
    }
    return outcome < 0 ? outcome : IRQCTS_ERROR_NONE;
}

int32_t irqcts_shrink(struct irqcts_program **out, struct irqcts_shrink_report *report,
                      const struct irqcts_program *program, irqcts_shrink_trial trial, void *context,
                      const struct irqcts_shrink_options *options)
{
    struct shrinking shrinking = {trial, context, options, report, NULL};
    struct irqcts_program *copy = NULL;
    uint32_t repeats = options->repeats > 1 ? options->repeats : 1;
    int32_t error;

    *report = (struct irqcts_shrink_report){0};
    report->minimal = 1;
    report->operations_before = irqcts_program_count(program);
    shrinking.best = (struct irqcts_program *)(uintptr_t)program; /* only read: its first variant is a copy of it */
    error = variant(&copy, &shrinking, 0, 0, NULL);
    shrinking.best = copy;
    if (error == IRQCTS_ERROR_NONE && copy == NULL) {
        error = irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a program that cannot be rebuilt");
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = run(&shrinking);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_program_free(shrinking.best);
        return error;
    }
    for (uint32_t i = 0; i < repeats; i++) {
        report->confirmations += trial(context, shrinking.best) == 1;
    }
    report->operations_after = irqcts_program_count(shrinking.best);
    *out = shrinking.best;
    return IRQCTS_ERROR_NONE;
}
