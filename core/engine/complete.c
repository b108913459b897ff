/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of a complete suite.  Those that the claim rests on come first;
 * those behind them try what is open in a state, which the oracle holds against
 * what is permitted there.
 */
#include "complete_internal.h"

#include "tour.h"

#include <stdlib.h>
#include <string.h>

enum { WALK_INPUTS = 96 }; /* of a program that walks through the machine: about 400 operations */

/* On the way to what is tried, where every input has been tried already, nothing
 * is polled when counts are exact: what comes is known and seen at the next poll. */
static int left_out(const struct irqcts_complete *suite, uint32_t node_input, const struct irqcts_operation *operation)
{
    return (node_input & TOUR_ON_THE_WAY) != 0 && operation->kind == IRQCTS_OPERATION_POLL &&
           (suite->options.observations & IRQCTS_OBSERVES_EXACT_COUNTS) != 0;
}

static const struct input *input_of(const struct irqcts_complete *suite, uint32_t node_input)
{
    return &suite->inputs[node_input & ~TOUR_ON_THE_WAY];
}

static uint64_t operations_of(const struct irqcts_complete *suite, const struct sequence_tree *tree)
{
    uint64_t operations = 0;

    for (uint32_t leaf = 1; leaf < tree->count; leaf++) {
        if (tree->nodes[leaf].first_child == MACHINE_UNDEFINED) {
            for (uint32_t node = leaf; node != 0; node = tree->nodes[node].parent) {
                const struct input *input = input_of(suite, tree->nodes[node].input);
                for (uint32_t i = 0; i < input->count; i++) {
                    operations += !left_out(suite, tree->nodes[node].input, &input->operations[i]);
                }
            }
        }
    }
    return operations;
}

/* Numbers the ends of a tree's paths behind those that are there. */
static int32_t append_leaves(struct irqcts_complete *suite, const struct sequence_tree *tree, uint32_t already,
                             uint32_t *out_count)
{
    uint64_t inputs;
    uint32_t *grown;

    sequence_tree_size(tree, out_count, &inputs);
    grown = realloc(suite->leaves, ((size_t)already + *out_count + 1u) * sizeof(*grown));
    if (grown == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u programs", *out_count);
    }
    suite->leaves = grown;
    for (uint32_t i = 1; i < tree->count; i++) {
        if (tree->nodes[i].first_child == MACHINE_UNDEFINED) {
            suite->leaves[already++] = i;
        }
    }
    return IRQCTS_ERROR_NONE;
}

/* Every defined input in every state, each followed by the one that shows which
 * state it led to: complete for k = 0 where that tells all states apart. */
static int32_t walk(struct irqcts_complete *suite)
{
    const struct machine *machine = &suite->machine;
    size_t cells = (size_t)machine->states * machine->inputs;
    struct tour tour = {.suffix = &suite->show, .suffix_length = 1, .length = WALK_INPUTS};
    uint32_t *target = malloc(cells * sizeof(*target));
    int32_t error;

    if (target == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a walk through %u states", machine->states);
    }
    for (size_t i = 0; i < cells; i++) {
        uint32_t next = machine->next[i];
        target[i] = next == MACHINE_UNDEFINED ? TOUR_NOT_WANTED : machine->next[next * machine->inputs + suite->show];
    }
    tour.target = target;
    error = sequence_tree_initialise(&suite->tree, IRQCTS_COMPLETE_OPERATIONS_MAX);
    if (error == IRQCTS_ERROR_NONE) {
        error = machine_tour(&suite->tree, machine, &tour);
    }
    free(target);
    return error;
}

/* Adds inputs one after another. */
static int32_t extend(struct sequence_tree *tree, uint32_t *node, const uint32_t *inputs, uint32_t count)
{
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint32_t i = 0; i < count && error == IRQCTS_ERROR_NONE; i++) {
        error = sequence_tree_extend(node, tree, *node, inputs[i]);
    }
    return error;
}

static int raises(const struct irqcts_complete *suite, uint32_t input)
{
    return suite->inputs[input].operations[0].kind == IRQCTS_OPERATION_RAISE;
}

/* After a reset, before a driver starts: every input, alone and with each event
 * behind it, on entries as the reset left them and on some that are set up; then the start. */
static int32_t try_before_start(struct irqcts_complete *suite, uint32_t reset, uint32_t set_up)
{
    struct sequence_tree *tree = &suite->open_tree;
    uint32_t inputs = suite->machine.inputs;
    int32_t error = IRQCTS_ERROR_NONE;
    uint32_t node = 0;
    uint32_t walked = 0;

    for (uint32_t pair = 0; pair < inputs * (inputs + 1u) && error == IRQCTS_ERROR_NONE; pair++) {
        uint32_t event = pair / inputs; /* past the alphabet: none */
        uint32_t tried[4];
        uint32_t count = 0;
        if (event < inputs && !raises(suite, event)) {
            continue;
        }
        tried[count++] = reset;
        if (set_up != MACHINE_UNDEFINED) {
            tried[count++] = set_up;
        }
        tried[count++] = pair % inputs;
        if (event < inputs) {
            tried[count++] = event;
        }
        if (walked >= WALK_INPUTS) {
            node = 0;
            walked = 0;
        }
        error = extend(tree, &node, tried, count);
        if (error == IRQCTS_ERROR_NONE) {
            error = extend(tree, &node, suite->open_suffix, suite->open_suffix_length);
        }
        walked += count + suite->open_suffix_length;
    }
    return error;
}

static int32_t try_open_inputs(struct irqcts_complete *suite)
{
    struct tour tour = {.target = suite->after_open, .suffix = suite->open_suffix,
                        .suffix_length = suite->open_suffix_length, .length = WALK_INPUTS};
    int32_t error = sequence_tree_initialise(&suite->open_tree, IRQCTS_COMPLETE_OPERATIONS_MAX);

    if (error == IRQCTS_ERROR_NONE) {
        error = machine_tour(&suite->open_tree, &suite->machine, &tour);
    }
    for (uint32_t reset = suite->first_reset; reset < suite->all_inputs && error == IRQCTS_ERROR_NONE; reset++) {
        error = try_before_start(suite, reset, MACHINE_UNDEFINED);
        if (error == IRQCTS_ERROR_NONE && suite->set_up != MACHINE_UNDEFINED) {
            error = try_before_start(suite, reset, suite->set_up);
        }
    }
    return error;
}

/* The claim's programs: a walk where that is enough, else harmonised identifiers. */
static int32_t generate_claim(struct irqcts_complete *suite, const struct separation *separation)
{
    const struct irqcts_complete_options *options = &suite->options;

    if (options->walk != 0 && options->extra_states == 0 && suite->show != MACHINE_UNDEFINED &&
        machine_shows_states(&suite->machine, suite->show)) {
        suite->report.walked = 1;
        return walk(suite);
    }
    return machine_suite(&suite->tree, &suite->machine, separation, options->extra_states, SUITE_HARMONISED,
                         IRQCTS_COMPLETE_OPERATIONS_MAX);
}

static int32_t compare_with_w(struct irqcts_complete *suite, const struct separation *separation)
{
    struct sequence_tree comparison = {0};
    uint64_t inputs;

    if (machine_suite(&comparison, &suite->machine, separation, suite->options.extra_states, SUITE_W,
                      IRQCTS_COMPLETE_OPERATIONS_MAX) == IRQCTS_ERROR_NONE) {
        sequence_tree_size(&comparison, &suite->report.programs_w, &inputs);
        suite->report.operations_w = operations_of(suite, &comparison);
    }
    sequence_tree_free(&comparison);
    return IRQCTS_ERROR_NONE; /* a comparison that would not fit is left out */
}

static int32_t generate(struct irqcts_complete *suite)
{
    struct irqcts_complete_report *report = &suite->report;
    struct separation separation = {0};
    int32_t error = machine_separate(&separation, &suite->machine);

    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    report->states = suite->machine.states;
    report->merged_pairs = separation.merged;
    report->identifier_length = separation.longest;
    error = generate_claim(suite, &separation);
    if (error == IRQCTS_ERROR_NONE) {
        report->operations = operations_of(suite, &suite->tree);
        error = append_leaves(suite, &suite->tree, 0, &report->programs);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = try_open_inputs(suite);
    }
    if (error == IRQCTS_ERROR_NONE) {
        report->open_operations = operations_of(suite, &suite->open_tree);
        error = append_leaves(suite, &suite->open_tree, report->programs, &report->open_programs);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = compare_with_w(suite, &separation);
    }
    separation_free(&separation);
    return error;
}

int32_t irqcts_complete_create(struct irqcts_complete **out, const struct irqcts_complete_options *options)
{
    struct irqcts_complete *suite;
    int32_t error;

    if (options->entries < 1 || options->entries > IRQCTS_COMPLETE_ENTRIES_MAX || options->messages < 1 ||
        options->messages > options->entries || options->extra_states > 2 ||
        (options->table_entries != 0 && options->table_entries < options->entries) ||
        options->table_entries > IRQCTS_ENTRIES_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT,
                           "a complete suite for %u entries of N = %u, M = %u, k = %u: entries are 1..%u and at most "
                           "N, M is 1..entries and k is 0..2",
                           options->entries, options->table_entries, options->messages, options->extra_states,
                           IRQCTS_COMPLETE_ENTRIES_MAX);
    }
    suite = calloc(1, sizeof(*suite));
    if (suite == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a suite");
    }
    suite->options = *options;
    if (options->table_entries == 0) {
        suite->options.table_entries = options->entries;
    }
    for (uint32_t m = 0; m < options->messages; m++) { /* stand-ins: programs name messages, not values */
        suite->messages[m] = (struct irqcts_message){UINT64_C(0x1000) + 16u * m, 0x40u + m,
                                                     options->opaque_messages != 0 ? IRQCTS_MESSAGE_OPAQUE : 0};
    }
    complete_make_alphabet(suite);
    error = complete_explore(suite);
    if (error == IRQCTS_ERROR_NONE) {
        error = generate(suite);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_complete_free(suite);
        return error;
    }
    *out = suite;
    return IRQCTS_ERROR_NONE;
}

void irqcts_complete_free(struct irqcts_complete *suite)
{
    if (suite != NULL) {
        free(suite->machine.next);
        free(suite->machine.output);
        free(suite->machine.apart);
        free(suite->after_open);
        sequence_tree_free(&suite->tree);
        sequence_tree_free(&suite->open_tree);
        free(suite->leaves);
        free(suite);
    }
}

int32_t irqcts_complete_describe(struct irqcts_complete_report *out, const struct irqcts_complete *suite)
{
    *out = suite->report;
    return IRQCTS_ERROR_NONE;
}

const struct irqcts_operation *irqcts_complete_input(uint32_t *out_count, const struct irqcts_complete *suite,
                                                     uint32_t index)
{
    if (index >= suite->report.inputs) {
        *out_count = 0;
        return NULL;
    }
    *out_count = suite->inputs[index].count;
    return suite->inputs[index].operations;
}

static int32_t append_input(struct irqcts_program *program, const struct irqcts_complete *suite, uint32_t node_input)
{
    const struct input *input = input_of(suite, node_input);
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint32_t i = 0; i < input->count && error == IRQCTS_ERROR_NONE; i++) {
        if (!left_out(suite, node_input, &input->operations[i])) {
            error = irqcts_program_append(program, &input->operations[i], NULL, NULL);
        }
    }
    return error;
}

/* The inputs on the way to a node, from the root. */
static int32_t append_path(struct irqcts_program *program, const struct irqcts_complete *suite,
                           const struct sequence_tree *tree, uint32_t node)
{
    int32_t error;

    if (node == 0) {
        return IRQCTS_ERROR_NONE;
    }
    error = append_path(program, suite, tree, tree->nodes[node].parent);
    return error != IRQCTS_ERROR_NONE ? error : append_input(program, suite, tree->nodes[node].input);
}

int32_t irqcts_complete_program(struct irqcts_program **out, const struct irqcts_complete *suite, uint32_t index)
{
    struct irqcts_operation configure =
        OPERATION(.kind = IRQCTS_OPERATION_CONFIGURE, .entry = suite->options.table_entries,
                  .message = suite->options.messages);
    const struct sequence_tree *tree = index < suite->report.programs ? &suite->tree : &suite->open_tree;
    struct irqcts_program *program = NULL;
    int32_t error;

    if (index >= suite->report.programs + suite->report.open_programs) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "program %u of a suite of %u", index,
                           suite->report.programs + suite->report.open_programs);
    }
    error = irqcts_program_create(&program);
    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_program_append(program, &configure, NULL, NULL);
    }
    if (error == IRQCTS_ERROR_NONE && suite->start != MACHINE_UNDEFINED) {
        error = append_input(program, suite, suite->start);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = append_path(program, suite, tree, suite->leaves[index]);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_program_free(program);
        return error;
    }
    *out = program;
    return IRQCTS_ERROR_NONE;
}
