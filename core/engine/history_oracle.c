/* SPDX-License-Identifier: Apache-2.0 */
#include "history_oracle.h"

#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 50000, BYTES_MAX = 512 * 1024 * 1024, OUTCOMES_MAX = 256 };
/* Calls about the whole function: Function Mask and MSI-X Enable, off and on. */
enum { WHOLE_CALLS = 4 };
static const uint64_t message_address = UINT64_C(0xfee00000);

/* The oracle also remembers what it needs to cite the right clause (who sent
 * last, which entry was set last).  That decides no outcome and would multiply
 * states, so a state is told by its entries and the two bits of the function. */
struct entry_key {
    uint32_t message;
    uint32_t vector_control;
    uint32_t known;
    uint32_t pending;
};

struct history_oracle {
    uint32_t entries;
    uint32_t messages;
    uint32_t key_count;
    uint32_t symbols; /* distinct calls: mask, unmask and raise of each entry, set-entry to each message, WHOLE_CALLS */
    uint32_t states;
    uint32_t states_capacity;
    uint32_t index_slots; /* a power of two */
    uint32_t outcomes_used;
    uint32_t outcomes_capacity;
    size_t size;
    uint8_t *blocks;      /* states one after the other */
    struct entry_key *keys; /* what tells them apart: one of each entry and one of the function, state after state */
    uint64_t *scratch[2]; 
    uint32_t *index;      /* 1 + state by hash */
    uint32_t *transitions; /* first outcome * OUTCOMES_MAX + how many, by state and symbol; 0: not worked out */
    struct oracle_outcome *outcomes;
};

static uint64_t hash(const struct entry_key *keys, uint32_t count)
{
    uint64_t value = UINT64_C(0x9e3779b97f4a7c15);

    for (uint32_t e = 0; e < count; e++) {
        value = (value ^ keys[e].message ^ (uint64_t)keys[e].vector_control << 32) * UINT64_C(0xff51afd7ed558ccd);
        value = (value ^ value >> 32 ^ keys[e].known ^ (uint64_t)keys[e].pending << 32) * UINT64_C(0xc4ceb9fe1a85ec53);
        value ^= value >> 32;
    }
    return value;
}

static int32_t grow(struct history_oracle *oracle)
{
    uint32_t capacity = oracle->states_capacity == 0 ? 64u : oracle->states_capacity * 2u;
    uint32_t slots = capacity * 2u;
    uint8_t *blocks;
    struct entry_key *keys;
    uint32_t *transitions;
    uint32_t *index;

    if (capacity > STATES_MAX * 2u || capacity * (uint64_t)oracle->size > BYTES_MAX) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY,
                           "a group of %u entries with %u messages in common has more than %u states; let fewer "
                           "entries share messages",
                           oracle->entries, oracle->messages, oracle->states);
    }
    blocks = realloc(oracle->blocks, capacity * oracle->size);
    oracle->blocks = blocks != NULL ? blocks : oracle->blocks;
    transitions = realloc(oracle->transitions, (size_t)capacity * oracle->symbols * sizeof(*transitions));
    oracle->transitions = transitions != NULL ? transitions : oracle->transitions;
    keys = realloc(oracle->keys, (size_t)capacity * oracle->key_count * sizeof(*keys));
    oracle->keys = keys != NULL ? keys : oracle->keys;
    index = calloc(slots, sizeof(*index));
    if (blocks == NULL || keys == NULL || transitions == NULL || index == NULL) {
        free(index);
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u states of the oracle", capacity);
    }
    memset(transitions + (size_t)oracle->states_capacity * oracle->symbols, 0,
           (size_t)(capacity - oracle->states_capacity) * oracle->symbols * sizeof(*transitions));
    for (uint32_t s = 0; s < oracle->states; s++) {
        uint64_t at = hash(keys + (size_t)s * oracle->key_count, oracle->key_count);
        while (index[at & (slots - 1u)] != 0) {
            at++;
        }
        index[at & (slots - 1u)] = s + 1u;
    }
    free(oracle->index);
    oracle->index = index;
    oracle->index_slots = slots;
    oracle->states_capacity = capacity;
    return IRQCTS_ERROR_NONE;
}

/* The number of a state, a new one if need be. */
static int32_t intern(struct history_oracle *oracle, const void *model, uint32_t *out)
{
    struct entry_key key[IRQCTS_HISTORY_ENTRIES_MAX + 1u];
    struct irqcts_function_state function;
    size_t bytes = oracle->key_count * sizeof(key[0]);
    uint64_t at;
    int32_t error;

    if (oracle->states == oracle->states_capacity && (error = grow(oracle)) != IRQCTS_ERROR_NONE) {
        return error;
    }
    for (uint32_t e = 0; e < oracle->entries; e++) {
        struct irqcts_entry_state entry;
        (void)irqcts_model_entry(model, 0, e, &entry);
        key[e] = (struct entry_key){entry.message, entry.vector_control, entry.known, entry.pending};
    }
    (void)irqcts_model_function(model, 0, &function);
    key[oracle->entries] = (struct entry_key){function.enabled, function.function_mask, 0, 0};
    at = hash(key, oracle->key_count);
    for (;; at++) {
        uint32_t found = oracle->index[at & (oracle->index_slots - 1u)];
        if (found == 0) {
            break;
        }
        if (memcmp(oracle->keys + (size_t)(found - 1u) * oracle->key_count, key, bytes) == 0) {
            *out = found - 1u;
            return IRQCTS_ERROR_NONE;
        }
    }
    memcpy(oracle->keys + (size_t)oracle->states * oracle->key_count, key, bytes);
    memcpy(oracle->blocks + oracle->states * oracle->size, model, oracle->size);
    oracle->index[at & (oracle->index_slots - 1u)] = oracle->states + 1u;
    *out = oracle->states++;
    return IRQCTS_ERROR_NONE;
}

static uint32_t judge(struct irqcts_model *model, const struct irqcts_operation *operation,
                      const struct irqcts_delivery *deliveries, uint32_t count)
{
    struct irqcts_result result = {.status = IRQCTS_STATUS_OK, .delivery_count = count};
    struct irqcts_judgement judgement;

    return irqcts_model_judge(model, operation, &result, deliveries, NULL, &judgement);
}

/* The state after a look that saw `deliveries` becomes one more outcome, if it is permitted. */
static int32_t look(struct history_oracle *oracle, const struct irqcts_model *after,
                    const struct irqcts_delivery *deliveries, uint32_t count, struct oracle_outcome *outcomes,
                    uint32_t *used)
{
    const struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};
    struct irqcts_model *seen = (void *)oracle->scratch[1];
    struct oracle_outcome *outcome = &outcomes[*used];
    int32_t error;

    if (*used == OUTCOMES_MAX) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY, "a call on a group of %u entries has more than %u outcomes",
                           oracle->entries, OUTCOMES_MAX);
    }
    memcpy(seen, after, oracle->size);
    if (judge(seen, &poll, deliveries, count) != IRQCTS_JUDGEMENT_CONFORMS) {
        return IRQCTS_ERROR_NONE;
    }
    memset(outcome, 0, sizeof(*outcome));
    for (uint32_t i = 0; i < count; i++) {
        if (deliveries[i].message < oracle->messages) {
            outcome->sends[deliveries[i].message] = (uint8_t)deliveries[i].count;
        }
    }
    error = intern(oracle, seen, &outcome->state);
    *used += 1u;
    return error;
}

/* Up to `more` deliveries on top of `records`, of messages from `first` on: each
 * that is permitted is an outcome, and one that is not is not with more on top either. */
static int32_t widen(struct history_oracle *oracle, const struct irqcts_model *after, struct irqcts_delivery *records,
                     uint32_t count, uint32_t first, uint32_t more, struct oracle_outcome *outcomes, uint32_t *used)
{
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint32_t m = first; m < oracle->messages && more > 0 && error == IRQCTS_ERROR_NONE; m++) {
        uint32_t before = *used;
        uint32_t at = 0;
        while (at < count && records[at].message != m) {
            at++;
        }
        if (at == count) {
            records[at] = (struct irqcts_delivery){.message = m};
        }
        records[at].count++;
        error = look(oracle, after, records, at == count ? at + 1u : count, outcomes, used);
        if (error == IRQCTS_ERROR_NONE && *used > before) {
            error = widen(oracle, after, records, at == count ? at + 1u : count, m, more - 1u, outcomes, used);
        }
        records[at].count--;
    }
    return error;
}

/* What a call leads to: what the oracle foresees, and what it also permits, which
 * is at most one delivery more of each entry that the call is about. */
static int32_t work_out(struct history_oracle *oracle, uint32_t state, const struct irqcts_operation *operation,
                        uint32_t more, struct oracle_outcome *outcomes, uint32_t *used)
{
    const struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};
    struct irqcts_delivery records[IRQCTS_HISTORY_SHARED_MESSAGES_MAX + 1u];
    struct irqcts_delivery_buffer buffer = {records, IRQCTS_HISTORY_SHARED_MESSAGES_MAX, 0, 0, 0};
    struct irqcts_model *after = (void *)oracle->scratch[0];
    struct irqcts_result result;
    int32_t error;

    *used = 0;
    memcpy(after, oracle->blocks + state * oracle->size, oracle->size);
    if (judge(after, operation, NULL, 0) != IRQCTS_JUDGEMENT_CONFORMS) {
        return IRQCTS_ERROR_NONE;
    }
    irqcts_model_predict(after, &poll, &result, &buffer);
    error = look(oracle, after, records, buffer.count, outcomes, used);
    return error != IRQCTS_ERROR_NONE ? error
                                      : widen(oracle, after, records, buffer.count, 0, more, outcomes, used);
}

const struct oracle_outcome *history_oracle_step(uint32_t *count, struct history_oracle *oracle, uint32_t state,
                                                 uint16_t kind, uint32_t entry, uint32_t message)
{
    int whole = kind == IRQCTS_OPERATION_FUNCTION_MASK || kind == IRQCTS_OPERATION_ENABLE;
    const struct irqcts_operation operation = {.kind = kind, .entry = whole ? 0 : entry,
                                               .message = kind == IRQCTS_OPERATION_SET_ENTRY ? message : 0,
                                               .value = whole ? message : 0};
    uint32_t symbol = entry * (3u + oracle->messages) +
                      (kind == IRQCTS_OPERATION_MASK     ? 0u
                       : kind == IRQCTS_OPERATION_UNMASK ? 1u
                       : kind == IRQCTS_OPERATION_RAISE  ? 2u
                                                         : 3u + message);
    size_t at;

    if (whole) {
        symbol = oracle->symbols - WHOLE_CALLS + message + (kind == IRQCTS_OPERATION_ENABLE ? 2u : 0u);
    }
    at = (size_t)state * oracle->symbols + symbol;
    if (oracle->transitions[at] == 0) {
        struct oracle_outcome outcomes[OUTCOMES_MAX];
        uint32_t used;
        if (work_out(oracle, state, &operation, whole ? oracle->entries : 1u, outcomes, &used) != IRQCTS_ERROR_NONE) {
            return NULL;
        }
        if (oracle->outcomes_used + used > oracle->outcomes_capacity) {
            uint32_t capacity = oracle->outcomes_capacity * 2u + OUTCOMES_MAX;
            struct oracle_outcome *larger = realloc(oracle->outcomes, capacity * sizeof(*larger));
            if (larger == NULL) {
                (void)irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u outcomes of the oracle", capacity);
                return NULL;
            }
            oracle->outcomes = larger;
            oracle->outcomes_capacity = capacity;
        }
        memcpy(oracle->outcomes + oracle->outcomes_used, outcomes, used * sizeof(*outcomes));
        oracle->transitions[at] = oracle->outcomes_used * (OUTCOMES_MAX + 1u) + used + 1u;
        oracle->outcomes_used += used;
    }
    *count = (oracle->transitions[at] - 1u) % (OUTCOMES_MAX + 1u);
    return oracle->outcomes + (oracle->transitions[at] - 1u) / (OUTCOMES_MAX + 1u);
}

int32_t history_oracle_create(struct history_oracle **out, uint32_t entries, uint32_t messages,
                              const uint32_t *first_message, uint32_t readings)
{
    struct irqcts_model_configuration configuration = {
        .entries = entries > messages ? entries : messages,
        .messages = messages,
        .observations = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES | IRQCTS_OBSERVES_EXACT_COUNTS |
                        IRQCTS_OBSERVES_STRAYS,
        .properties = IRQCTS_PROPERTY_SYNCHRONOUS,
        .readings = readings,
        .stimulus = IRQCTS_STIMULUS_DEVICE,
    };
    const struct irqcts_operation start = {.kind = IRQCTS_OPERATION_START};
    const struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};
    struct history_oracle *oracle = calloc(1, sizeof(*oracle));
    struct irqcts_model *model = NULL;
    uint32_t first;
    int32_t error;

    *out = oracle;
    if (oracle == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for an oracle");
    }
    oracle->entries = entries;
    oracle->messages = messages;
    oracle->key_count = entries + 1u;
    oracle->symbols = entries * (3u + messages) + WHOLE_CALLS;
    oracle->size = irqcts_model_size(&configuration);
    for (uint32_t i = 0; i < 2u; i++) {
        oracle->scratch[i] = malloc(oracle->size);
    }
    if (oracle->scratch[0] != NULL && oracle->scratch[1] != NULL) {
        model = irqcts_model_initialise(oracle->scratch[0], oracle->size, &configuration);
    }
    if (model == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for an oracle of %u entries", entries);
    }
    for (uint32_t m = 0; m < messages; m++) {
        const struct irqcts_message what = {message_address + 4u * m, m + 1u, 0};
        irqcts_model_set_message(model, 0, m, &what);
    }
    (void)judge(model, &start, NULL, 0);
    for (uint32_t e = 0; e < entries; e++) {
        const struct irqcts_operation set = {.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = e,
                                             .message = first_message[e]};
        (void)judge(model, &set, NULL, 0);
    }
    (void)judge(model, &poll, NULL, 0);
    error = intern(oracle, model, &first);
    return error;
}

void history_oracle_free(struct history_oracle *oracle)
{
    if (oracle == NULL) {
        return;
    }
    free(oracle->scratch[0]);
    free(oracle->scratch[1]);
    free(oracle->blocks);
    free(oracle->keys);
    free(oracle->index);
    free(oracle->transitions);
    free(oracle->outcomes);
    free(oracle);
}

uint32_t history_oracle_states(const struct history_oracle *oracle)
{
    return oracle->states;
}

uint32_t history_oracle_message(const struct history_oracle *oracle, uint32_t state, uint32_t entry)
{
    return oracle->keys[(size_t)state * oracle->key_count + entry].message;
}

int32_t history_oracle_entry(const struct history_oracle *oracle, uint32_t state, uint32_t entry,
                             struct irqcts_entry_state *out)
{
    memcpy(oracle->scratch[0], oracle->blocks + state * oracle->size, oracle->size);
    return irqcts_model_entry((const void *)oracle->scratch[0], 0, entry, out);
}
