/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the oracle to a finite state machine: outputs are what it permits,
 * states are its own.  An input whose outcome the sources leave open in a state
 * is not defined there.
 */
#include "complete_internal.h"

#include "../model/model_internal.h"
#include "tour.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS_MAX = 64, BUCKETS = 65536 };

/* What distinguishes states of the oracle; its memory of clauses does not.  Nor do
 * entries that no input names: only START and RESET touch them, none has an event. */
struct state_key {
    uint64_t address[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint32_t data[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t known[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t masked[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t pending[IRQCTS_COMPLETE_ENTRIES_MAX];
    uint8_t control[4];
};

/* What an input shows: statuses and deliveries, and of each operation the bits
 * of its value that are decided. */
struct output {
    uint64_t exact;
    uint64_t value[INPUT_OPERATIONS_MAX];
    uint64_t mask[INPUT_OPERATIONS_MAX];
};

struct exploration {
    struct irqcts_complete *suite;
    size_t model_size;
    unsigned char *models; /* one a state */
    struct state_key *keys;
    uint32_t *buckets; /* state + 1 by hash of its key, open addressing; 0 is empty */
    uint32_t capacity;
    struct output *outputs; /* interned: machine.output holds indices */
    uint32_t output_count;
    uint32_t output_capacity;
};

static struct irqcts_model *model_at(const struct exploration *exploration, uint32_t state)
{
    return (struct irqcts_model *)(void *)(exploration->models + exploration->model_size * state);
}

static struct state_key key_of(const struct irqcts_model *model, uint32_t named)
{
    const struct model_function *function = model_function(model, 0);
    const struct model_entry *entries = model_entries(model, function);
    struct state_key key;

    memset(&key, 0, sizeof(key));
    for (uint32_t i = 0; i < named; i++) {
        key.address[i] = entries[i].opaque ? entries[i].hint : entries[i].address;
        key.data[i] = entries[i].opaque ? 1u : entries[i].data;
        /* What a read shows of an opaque message is open, and kept only until the next assignment. */
        key.known[i] = entries[i].opaque ? entries[i].known & (uint8_t)~KNOWN_MESSAGE : entries[i].known;
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

/* Applies an input to a model, with one of its outcomes when it has several; whether it has one only. */
static int apply_input(const struct irqcts_complete *suite, struct irqcts_model *model, const struct input *input,
                       struct output *out)
{
    int alone = 1;

    memset(out, 0, sizeof(*out));
    out->exact = HASH_START;

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
            alone = 0; /* several statuses are permitted */
        }
        alone = alone && decided(model);
        out->exact = hash(out->exact, result.status);
        out->value[i] = result.value & judgement.value_mask;
        out->mask[i] = judgement.value_mask;
        for (uint32_t d = 0; d < deliveries.count; d++) {
            out->exact = hash(hash(out->exact, records[d].message), records[d].count);
        }
    }
    return alone;
}

static int32_t intern_output(struct exploration *exploration, const struct output *output, uint32_t *out)
{
    for (uint32_t i = 0; i < exploration->output_count; i++) {
        if (memcmp(&exploration->outputs[i], output, sizeof(*output)) == 0) {
            *out = i;
            return IRQCTS_ERROR_NONE;
        }
    }
    if (exploration->output_count == exploration->output_capacity) {
        uint32_t capacity = exploration->output_capacity * 2u + 256u;
        struct output *grown = realloc(exploration->outputs, capacity * sizeof(*grown));
        if (grown == NULL) {
            return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u outputs", capacity);
        }
        exploration->outputs = grown;
        exploration->output_capacity = capacity;
    }
    exploration->outputs[exploration->output_count] = *output;
    *out = exploration->output_count++;
    return IRQCTS_ERROR_NONE;
}

/* No answer of a device fits both. */
static int outputs_apart(const struct output *a, const struct output *b)
{
    if (a->exact != b->exact) {
        return 1;
    }
    for (uint32_t i = 0; i < INPUT_OPERATIONS_MAX; i++) {
        if (((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i]) != 0) {
            return 1;
        }
    }
    return 0;
}

static int32_t compare_outputs(const struct exploration *exploration, struct machine *machine)
{
    size_t count = exploration->output_count;

    machine->outputs = exploration->output_count;
    machine->apart = malloc(count * count);
    if (machine->apart == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory to compare %u outputs", exploration->output_count);
    }
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < count; b++) {
            machine->apart[a * count + b] = (uint8_t)outputs_apart(&exploration->outputs[a], &exploration->outputs[b]);
        }
    }
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

/* The state with this key, or MACHINE_UNDEFINED and the bucket where it would be. */
static uint32_t known_state(const struct exploration *exploration, const struct state_key *key, uint32_t *out_bucket)
{
    uint32_t bucket = (uint32_t)(hash_bytes(key, sizeof(*key)) % BUCKETS);

    for (; exploration->buckets[bucket] != 0; bucket = (bucket + 1u) % BUCKETS) {
        uint32_t state = exploration->buckets[bucket] - 1u;
        if (memcmp(&exploration->keys[state], key, sizeof(*key)) == 0) {
            return state;
        }
    }
    *out_bucket = bucket;
    return MACHINE_UNDEFINED;
}

/* The model's state, appended when it is new (then `model` becomes its representative). */
static int32_t find_state(struct exploration *exploration, const struct irqcts_model *model, uint32_t *out)
{
    struct machine *machine = &exploration->suite->machine;
    struct state_key key = key_of(model, exploration->suite->options.entries);
    uint32_t bucket = 0;
    int32_t error;

    *out = known_state(exploration, &key, &bucket);
    if (*out != MACHINE_UNDEFINED) {
        return IRQCTS_ERROR_NONE;
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

/* The states that open inputs lead to, once shown and started anew. */
static int32_t follow_open_inputs(const struct exploration *exploration, struct irqcts_model *scratch)
{
    struct irqcts_complete *suite = exploration->suite;
    const struct machine *machine = &suite->machine;
    size_t cells = (size_t)machine->states * machine->inputs;

    suite->after_open = malloc(cells * sizeof(*suite->after_open));
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t input = i == 1 ? suite->start : suite->show;
        if (input != MACHINE_UNDEFINED) {
            suite->open_suffix[suite->open_suffix_length++] = input;
        }
    }
    if (suite->after_open == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u states", machine->states);
    }
    for (size_t cell = 0; cell < cells; cell++) {
        struct output ignored;
        struct state_key key;
        uint32_t bucket;
        if (machine->next[cell] != MACHINE_UNDEFINED) {
            suite->after_open[cell] = TOUR_NOT_WANTED;
            continue;
        }
        suite->after_open[cell] = TOUR_ENDS;
        if (suite->start == MACHINE_UNDEFINED) {
            continue;
        }
        memcpy(scratch, model_at(exploration, (uint32_t)(cell / machine->inputs)), exploration->model_size);
        (void)apply_input(suite, scratch, &suite->inputs[cell % machine->inputs], &ignored);
        for (uint32_t i = 0; i < suite->open_suffix_length; i++) {
            (void)apply_input(suite, scratch, &suite->inputs[suite->open_suffix[i]], &ignored);
        }
        if (decided(scratch)) {
            key = key_of(scratch, suite->options.entries);
            suite->after_open[cell] = known_state(exploration, &key, &bucket);
            if (suite->after_open[cell] == MACHINE_UNDEFINED) {
                suite->after_open[cell] = TOUR_ENDS;
            }
        }
    }
    return IRQCTS_ERROR_NONE;
}

int32_t complete_explore(struct irqcts_complete *suite)
{
    const struct irqcts_complete_options *options = &suite->options;
    struct irqcts_model_configuration configuration = {.entries = options->table_entries,
                                                       .messages = options->messages,
                                                       .observations = options->observations,
                                                       .properties = options->properties,
                                                       .readings = options->readings,
                                                       .stimulus = options->stimulus};
    struct exploration exploration = {.suite = suite, .model_size = irqcts_model_size(&configuration)};
    struct irqcts_model *scratch = malloc(exploration.model_size);
    struct machine *machine = &suite->machine;
    struct output output;
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
    if (suite->start != MACHINE_UNDEFINED) {
        (void)apply_input(suite, scratch, &suite->inputs[suite->start], &output);
    }
    error = find_state(&exploration, scratch, &initial);
    for (uint32_t state = 0; state < machine->states && error == IRQCTS_ERROR_NONE; state++) {
        for (uint32_t x = 0; x < machine->inputs && error == IRQCTS_ERROR_NONE; x++) {
            uint32_t next = MACHINE_UNDEFINED;
            uint32_t number = MACHINE_UNDEFINED;
            memcpy(scratch, model_at(&exploration, state), exploration.model_size);
            if (apply_input(suite, scratch, &suite->inputs[x], &output)) {
                error = find_state(&exploration, scratch, &next);
                if (error == IRQCTS_ERROR_NONE) {
                    error = intern_output(&exploration, &output, &number);
                }
                suite->report.transitions++;
            } else {
                suite->report.undefined++;
            }
            machine->next[state * machine->inputs + x] = next;
            machine->output[state * machine->inputs + x] = number;
        }
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = compare_outputs(&exploration, machine);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = follow_open_inputs(&exploration, scratch);
    }
    free(scratch);
    free(exploration.models);
    free(exploration.keys);
    free(exploration.buckets);
    free(exploration.outputs);
    return error;
}

