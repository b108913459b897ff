/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the oracle to a finite state machine: inputs are short sequences of
 * operations that end in a poll, outputs are what the oracle predicts, states
 * are its own states.  The suite over it comes from machine.c.
 */
#include "irqcts/complete.h"

#include "../model/model_internal.h"
#include "machine.h"

#include <stdlib.h>
#include <string.h>

enum { INPUTS_MAX = 64, INPUT_OPERATIONS_MAX = 12, RECORDS_MAX = 64, BUCKETS = 65536 };

struct input {
    uint32_t count;
    struct irqcts_operation operations[INPUT_OPERATIONS_MAX];
};

struct irqcts_complete {
    struct irqcts_complete_options options;
    struct irqcts_complete_report report;
    struct input inputs[INPUTS_MAX];
    struct irqcts_message messages[IRQCTS_COMPLETE_ENTRIES_MAX];
    struct machine machine;
    struct sequence_tree tree;
    uint32_t *leaves;
};

/* ---- the alphabet ---- */

static struct input *new_input(struct irqcts_complete *suite)
{
    struct input *input = &suite->inputs[suite->report.inputs++];

    *input = (struct input){0};
    return input;
}

static void add(struct input *input, struct irqcts_operation operation)
{
    input->operations[input->count++] = operation;
}

#define OPERATION(...) ((struct irqcts_operation){__VA_ARGS__})

static int usable(const struct irqcts_complete *suite, uint32_t kind)
{
    return (int)((suite->options.operations >> kind) & 1u);
}

/* An input of one operation and the poll that shows its deliveries. */
static void add_simple(struct irqcts_complete *suite, struct irqcts_operation operation)
{
    struct input *input;

    if (!usable(suite, operation.kind)) {
        return;
    }
    input = new_input(suite);
    add(input, operation);
    add(input, OPERATION(.kind = IRQCTS_OPERATION_POLL));
}

static struct irqcts_operation table_access(uint16_t kind, uint32_t entry, uint32_t offset, uint8_t width)
{
    return OPERATION(.kind = kind, .width = width, .address = entry * IRQCTS_ENTRY_BYTES + offset);
}

/* A message put into an entry by register writes. */
static void add_assignment(struct irqcts_complete *suite, uint32_t entry, uint32_t message)
{
    struct irqcts_operation address = table_access(IRQCTS_OPERATION_TABLE_WRITE, entry, 0, 8);
    struct irqcts_operation data = table_access(IRQCTS_OPERATION_TABLE_WRITE, entry, 8, 4);
    struct input *input;

    if (!usable(suite, IRQCTS_OPERATION_TABLE_WRITE)) {
        return;
    }
    address.flags = data.flags = IRQCTS_OPERATION_FROM_MESSAGE;
    address.message = data.message = message;
    input = new_input(suite);
    add(input, address);
    add(input, data);
    add(input, OPERATION(.kind = IRQCTS_OPERATION_POLL));
}

/* One input that looks at all that the observer can read: it keeps the
 * separating sequences short. */
static void add_look(struct irqcts_complete *suite)
{
    const struct irqcts_complete_options *options = &suite->options;
    struct input look = {0};

    if ((options->observations & IRQCTS_OBSERVES_PBA) != 0 && usable(suite, IRQCTS_OPERATION_PBA_READ)) {
        add(&look, OPERATION(.kind = IRQCTS_OPERATION_PBA_READ, .width = 8));
    }
    if ((options->observations & IRQCTS_OBSERVES_CAPABILITY) != 0 && usable(suite, IRQCTS_OPERATION_CAPABILITY_READ)) {
        add(&look, OPERATION(.kind = IRQCTS_OPERATION_CAPABILITY_READ, .width = 2, .address = 2));
    }
    for (uint32_t i = 0; i < options->entries; i++) {
        if ((options->observations & IRQCTS_OBSERVES_TABLE) != 0 && usable(suite, IRQCTS_OPERATION_TABLE_READ)) {
            add(&look, table_access(IRQCTS_OPERATION_TABLE_READ, i, 0, 8));
            add(&look, table_access(IRQCTS_OPERATION_TABLE_READ, i, 8, 8));
        }
    }
    if (look.count > 0) {
        *new_input(suite) = look;
    }
}

static void make_alphabet(struct irqcts_complete *suite)
{
    const struct irqcts_complete_options *options = &suite->options;

    add_look(suite);
    add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_START));
    for (uint64_t on = 0; on < 2; on++) {
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_ENABLE, .value = on));
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_FUNCTION_MASK, .value = on));
    }
    for (uint32_t i = 0; i < options->entries; i++) {
        if (options->stimulus != IRQCTS_STIMULUS_NONE) {
            add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_RAISE, .entry = i));
        }
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_MASK, .entry = i));
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_UNMASK, .entry = i));
        for (uint32_t m = 0; m < options->messages; m++) {
            add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = i, .message = m));
            add_assignment(suite, i, m);
        }
    }
    add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = options->entries));
    add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .message = options->messages));
    add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_MASK, .entry = options->entries));
    add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_UNMASK, .entry = options->entries));
    for (uint32_t kind = 0; kind < 2; kind++) {
        if ((options->reset_kinds >> kind) & 1u) {
            add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_RESET, .value = kind));
        }
    }
}

/* ---- exploration ---- */

/* What distinguishes states of the oracle; its memory of clauses does not. */
struct state_key {
    uint64_t address[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint32_t data[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t known[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t masked[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t pending[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t control[4];
};

struct exploration {
    struct irqcts_complete *suite;
    size_t model_size;
    unsigned char *models; /* one a state */
    struct state_key *keys;
    uint32_t *buckets; /* state + 1 by hash of its key, open addressing; 0 is empty */
    uint32_t capacity;
    uint64_t *outputs; /* interned: machine.output holds indices */
    uint32_t output_count;
    uint32_t output_capacity;
};

static struct irqcts_model *model_at(const struct exploration *exploration, uint32_t state)
{
    return (struct irqcts_model *)(void *)(exploration->models + exploration->model_size * state);
}

static struct state_key key_of(const struct irqcts_model *model)
{
    const struct model_function *function = model_function(model, 0);
    const struct model_entry *entries = model_entries(model, function);
    struct state_key key;

    memset(&key, 0, sizeof(key));
    for (uint32_t i = 0; i < function->entries; i++) {
        key.address[i] = entries[i].opaque ? entries[i].hint : entries[i].address;
        key.data[i] = entries[i].opaque ? 1u : entries[i].data;
        key.known[i] = entries[i].known;
        key.masked[i] = (uint8_t)(entries[i].vector_control & MASK_BIT);
        key.pending[i] = (uint8_t)bit_test(function->certain, i);
    }
    key.control[0] = function->enabled;
    key.control[1] = function->function_mask;
    key.control[2] = function->started;
    key.control[3] = function->bus_master;
    return key;
}

/* Whether the next poll's outcome is decided and nothing is left unknown. */
static int decided(const struct irqcts_model *model)
{
    const struct model_function *function = model_function(model, 0);
    const struct model_entry *entries = model_entries(model, function);

    if (model->anywhere != 0 || model->stray_maximum != 0) {
        return 0;
    }
    for (uint32_t i = 0; i < function->messages; i++) {
        if (model_counters(model)[i].minimum != model_counters(model)[i].maximum) {
            return 0;
        }
    }
    for (uint32_t i = 0; i < function->entries; i++) {
        if (bit_test(function->possible, i) != bit_test(function->certain, i) || entries[i].rewritten ||
            (entries[i].known & KNOWN(VECTOR_CONTROL)) == 0) {
            return 0;
        }
    }
    return 1;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a. */
static uint64_t hash(uint64_t so_far, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        so_far = (so_far ^ ((value >> (8 * i)) & 0xffu)) * UINT64_C(0x100000001b3);
    }
    return so_far;
}

static uint64_t hash_bytes(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t so_far = HASH_START;

    for (size_t i = 0; i < size; i++) {
        so_far = (so_far ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return so_far;
}

/* Applies an input to a model; 0 when its outcome is open. */
static int apply_input(const struct irqcts_complete *suite, struct irqcts_model *model, const struct input *input,
                       uint64_t *out_output)
{
    uint64_t output = HASH_START;

    for (uint32_t i = 0; i < input->count; i++) {
        struct irqcts_operation operation = input->operations[i];
        struct irqcts_delivery records[RECORDS_MAX];
        struct irqcts_delivery_buffer deliveries = {records, RECORDS_MAX, 0, 0, 0};
        struct irqcts_judgement judgement;
        struct irqcts_result result;

        if ((operation.flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0) {
            irqcts_operation_resolve(&operation, &suite->messages[operation.message]);
        }
        irqcts_model_predict(model, &operation, &result, &deliveries);
        if (irqcts_model_judge(model, &operation, &result, records, NULL, &judgement) != IRQCTS_JUDGEMENT_CONFORMS) {
            return 0;
        }
        if (operation.kind != IRQCTS_OPERATION_POLL && (judgement.statuses & (judgement.statuses - 1u)) != 0) {
            return 0; /* several statuses are permitted */
        }
        if (!decided(model)) {
            return 0;
        }
        output = hash(hash(output, result.status), result.value & judgement.value_mask);
        output = hash(output, judgement.value_mask);
        for (uint32_t d = 0; d < deliveries.count; d++) {
            output = hash(hash(output, records[d].message), records[d].count);
        }
    }
    *out_output = output;
    return 1;
}

static int32_t intern_output(struct exploration *exploration, uint64_t output, uint32_t *out)
{
    for (uint32_t i = 0; i < exploration->output_count; i++) {
        if (exploration->outputs[i] == output) {
            *out = i;
            return IRQCTS_ERROR_NONE;
        }
    }
    if (exploration->output_count == exploration->output_capacity) {
        uint32_t capacity = exploration->output_capacity * 2u + 256u;
        uint64_t *grown = realloc(exploration->outputs, capacity * sizeof(*grown));
        if (grown == NULL) {
            return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u outputs", capacity);
        }
        exploration->outputs = grown;
        exploration->output_capacity = capacity;
    }
    exploration->outputs[exploration->output_count] = output;
    *out = exploration->output_count++;
    return IRQCTS_ERROR_NONE;
}

static int32_t reserve_states(struct exploration *exploration)
{
    struct irqcts_complete *suite = exploration->suite;
    struct machine *machine = &suite->machine;
    uint32_t capacity = exploration->capacity == 0 ? 256u : exploration->capacity * 2u;
    unsigned char *models;
    struct state_key *keys;
    uint32_t *next;
    uint32_t *output;

    if (machine->states < exploration->capacity) {
        return IRQCTS_ERROR_NONE;
    }
    if (machine->states >= IRQCTS_COMPLETE_STATES_MAX) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY,
                           "more than %u states at N = %u, M = %u; use fewer entries, messages or operations",
                           IRQCTS_COMPLETE_STATES_MAX, suite->options.entries, suite->options.messages);
    }
    models = realloc(exploration->models, exploration->model_size * capacity);
    if (models != NULL) {
        exploration->models = models;
    }
    keys = realloc(exploration->keys, capacity * sizeof(*keys));
    if (keys != NULL) {
        exploration->keys = keys;
    }
    next = realloc(machine->next, (size_t)capacity * machine->inputs * sizeof(*next));
    if (next != NULL) {
        machine->next = next;
    }
    output = realloc(machine->output, (size_t)capacity * machine->inputs * sizeof(*output));
    if (output != NULL) {
        machine->output = output;
    }
    if (models == NULL || keys == NULL || next == NULL || output == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u states", capacity);
    }
    exploration->capacity = capacity;
    return IRQCTS_ERROR_NONE;
}

/* The state with this key, appended when it is new (then `model` becomes its representative). */
static int32_t find_state(struct exploration *exploration, const struct irqcts_model *model, uint32_t *out)
{
    struct machine *machine = &exploration->suite->machine;
    struct state_key key = key_of(model);
    uint32_t bucket = (uint32_t)(hash_bytes(&key, sizeof(key)) % BUCKETS);
    int32_t error;

    for (; exploration->buckets[bucket] != 0; bucket = (bucket + 1u) % BUCKETS) {
        uint32_t state = exploration->buckets[bucket] - 1u;
        if (memcmp(&exploration->keys[state], &key, sizeof(key)) == 0) {
            *out = state;
            return IRQCTS_ERROR_NONE;
        }
    }
    error = reserve_states(exploration);
    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    memcpy(model_at(exploration, machine->states), model, exploration->model_size);
    exploration->keys[machine->states] = key;
    exploration->buckets[bucket] = machine->states + 1u;
    *out = machine->states++;
    return IRQCTS_ERROR_NONE;
}

static int32_t explore(struct irqcts_complete *suite)
{
    const struct irqcts_complete_options *options = &suite->options;
    struct irqcts_model_configuration configuration = {.entries = options->entries,
                                                       .messages = options->messages,
                                                       .observations = options->observations,
                                                       .properties = options->properties,
                                                       .readings = options->readings,
                                                       .stimulus = options->stimulus};
    struct exploration exploration = {.suite = suite, .model_size = irqcts_model_size(&configuration)};
    struct irqcts_model *scratch = malloc(exploration.model_size);
    struct machine *machine = &suite->machine;
    uint32_t initial;
    int32_t error = IRQCTS_ERROR_NONE;

    machine->inputs = suite->report.inputs;
    exploration.buckets = calloc(BUCKETS, sizeof(*exploration.buckets));
    if (scratch == NULL || exploration.buckets == NULL) {
        free(scratch);
        free(exploration.buckets);
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for the oracle");
    }
    irqcts_model_initialise(scratch, exploration.model_size, &configuration);
    for (uint32_t m = 0; m < options->messages; m++) {
        irqcts_model_set_message(scratch, 0, m, &suite->messages[m]);
    }
    error = find_state(&exploration, scratch, &initial);
    for (uint32_t state = 0; state < machine->states && error == IRQCTS_ERROR_NONE; state++) {
        for (uint32_t x = 0; x < machine->inputs && error == IRQCTS_ERROR_NONE; x++) {
            uint64_t output = 0;
            uint32_t next = MACHINE_UNDEFINED;
            uint32_t number = MACHINE_UNDEFINED;
            memcpy(scratch, model_at(&exploration, state), exploration.model_size);
            if (apply_input(suite, scratch, &suite->inputs[x], &output)) {
                error = find_state(&exploration, scratch, &next);
                if (error == IRQCTS_ERROR_NONE) {
                    error = intern_output(&exploration, output, &number);
                }
                suite->report.transitions++;
            } else {
                suite->report.undefined++;
            }
            machine->next[state * machine->inputs + x] = next;
            machine->output[state * machine->inputs + x] = number;
        }
    }
    free(scratch);
    free(exploration.models);
    free(exploration.keys);
    free(exploration.buckets);
    free(exploration.outputs);
    return error;
}

/* ---- the suite ---- */

static uint64_t operations_of(const struct irqcts_complete *suite, const struct sequence_tree *tree)
{
    uint64_t operations = 0;

    for (uint32_t leaf = 1; leaf < tree->count; leaf++) {
        if (tree->nodes[leaf].first_child == MACHINE_UNDEFINED) {
            for (uint32_t node = leaf; node != 0; node = tree->nodes[node].parent) {
                operations += suite->inputs[tree->nodes[node].input].count;
            }
        }
    }
    return operations;
}

static int32_t generate(struct irqcts_complete *suite)
{
    struct separation separation = {0};
    struct sequence_tree comparison = {0};
    uint64_t inputs;
    uint32_t filled = 0;
    int32_t error = machine_separate(&separation, &suite->machine);

    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    suite->report.states = suite->machine.states;
    suite->report.merged_pairs = separation.merged;
    suite->report.identifier_length = separation.longest;
    error = machine_suite(&suite->tree, &suite->machine, &separation, suite->options.extra_states, SUITE_HARMONISED,
                          IRQCTS_COMPLETE_OPERATIONS_MAX);
    if (error == IRQCTS_ERROR_NONE) {
        sequence_tree_size(&suite->tree, &suite->report.programs, &inputs);
        suite->report.operations = operations_of(suite, &suite->tree);
        suite->leaves = malloc((size_t)suite->report.programs * sizeof(*suite->leaves));
        if (suite->leaves == NULL) {
            error = irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u programs", suite->report.programs);
        }
    }
    for (uint32_t i = 1; error == IRQCTS_ERROR_NONE && i < suite->tree.count; i++) {
        if (suite->tree.nodes[i].first_child == MACHINE_UNDEFINED) {
            suite->leaves[filled++] = i;
        }
    }
    if (error == IRQCTS_ERROR_NONE &&
        machine_suite(&comparison, &suite->machine, &separation, suite->options.extra_states, SUITE_W,
                      IRQCTS_COMPLETE_OPERATIONS_MAX) == IRQCTS_ERROR_NONE) {
        sequence_tree_size(&comparison, &suite->report.programs_w, &inputs);
        suite->report.operations_w = operations_of(suite, &comparison);
        sequence_tree_free(&comparison);
    }
    separation_free(&separation);
    return error;
}

int32_t irqcts_complete_create(struct irqcts_complete **out, const struct irqcts_complete_options *options)
{
    struct irqcts_complete *suite;
    int32_t error;

    if (options->entries < 1 || options->entries > IRQCTS_COMPLETE_ENTRIES_MAX || options->messages < 1 ||
        options->messages > options->entries || options->extra_states > 2) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT,
                           "a complete suite for N = %u, M = %u, k = %u: N is 1..%u, M is 1..N and k is 0..2",
                           options->entries, options->messages, options->extra_states, IRQCTS_COMPLETE_ENTRIES_MAX);
    }
    suite = calloc(1, sizeof(*suite));
    if (suite == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a suite");
    }
    suite->options = *options;
    for (uint32_t m = 0; m < options->messages; m++) { /* stand-ins: programs name messages, not values */
        suite->messages[m] = (struct irqcts_message){UINT64_C(0x1000) + 16u * m, 0x40u + m, 0};
    }
    make_alphabet(suite);
    error = explore(suite);
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
        sequence_tree_free(&suite->tree);
        free(suite->leaves);
        free(suite);
    }
}

int32_t irqcts_complete_describe(struct irqcts_complete_report *out, const struct irqcts_complete *suite)
{
    *out = suite->report;
    return IRQCTS_ERROR_NONE;
}

/* The inputs on the way to a node, from the root. */
static int32_t append_path(struct irqcts_program *program, const struct irqcts_complete *suite, uint32_t node)
{
    const struct input *input;
    int32_t error = IRQCTS_ERROR_NONE;

    if (node == 0) {
        return IRQCTS_ERROR_NONE;
    }
    error = append_path(program, suite, suite->tree.nodes[node].parent);
    input = &suite->inputs[suite->tree.nodes[node].input];
    for (uint32_t i = 0; i < input->count && error == IRQCTS_ERROR_NONE; i++) {
        error = irqcts_program_append(program, &input->operations[i], NULL, NULL);
    }
    return error;
}

int32_t irqcts_complete_program(struct irqcts_program **out, const struct irqcts_complete *suite, uint32_t index)
{
    struct irqcts_operation configure =
        OPERATION(.kind = IRQCTS_OPERATION_CONFIGURE, .entry = suite->options.entries,
                  .message = suite->options.messages);
    struct irqcts_program *program = NULL;
    int32_t error;

    if (index >= suite->report.programs) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "program %u of a suite of %u", index, suite->report.programs);
    }
    error = irqcts_program_create(&program);
    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_program_append(program, &configure, NULL, NULL);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = append_path(program, suite, suite->leaves[index]);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_program_free(program);
        return error;
    }
    *out = program;
    return IRQCTS_ERROR_NONE;
}
