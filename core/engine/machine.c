/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suites that are complete for a fault domain.
 *
 * HSI: G. Luo, A. Petrenko, G. v. Bochmann, "Selecting test sequences for
 * partially-specified nondeterministic finite state machines", 1994; for k
 * extra states the traversal set of M. P. Vasilevskii (1973) and T. S. Chow
 * (1978), whose W-method is the comparison.  An implementation is assumed
 * deterministic, with a reliable reset (every program begins with CONFIGURE).
 */
#include "machine.h"

#include "irqcts/error.h"

#include <stdlib.h>
#include <string.h>

int machine_apart(const struct machine *machine, uint32_t a, uint32_t b)
{
    return machine->apart == NULL ? a != b : machine->apart[(size_t)a * machine->outputs + b];
}

static uint32_t pair(const struct separation *separation, uint32_t a, uint32_t b)
{
    return a * separation->states + b;
}

/* Layer by layer: pairs that one input separates, then pairs that an input
 * leads to a separated pair.  A pair's input is thus that of a shortest
 * sequence, and following the table spells the whole sequence. */
int32_t machine_separate(struct separation *out, const struct machine *machine)
{
    size_t pairs = (size_t)machine->states * machine->states;
    uint32_t *layer = calloc(pairs, sizeof(*layer)); /* 0: not separated, else the length */
    uint32_t length;
    int grown = 1;

    out->states = machine->states;
    out->merged = 0;
    out->longest = 0;
    out->input = malloc(pairs * sizeof(*out->input));
    if (layer == NULL || out->input == NULL) {
        free(layer);
        free(out->input);
        out->input = NULL;
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory to separate %u states", machine->states);
    }
    for (size_t i = 0; i < pairs; i++) {
        out->input[i] = MACHINE_UNDEFINED;
    }
    for (length = 1; grown; length++) {
        grown = 0;
        for (uint32_t a = 0; a < machine->states; a++) {
            for (uint32_t b = a + 1; b < machine->states; b++) {
                if (layer[pair(out, a, b)] != 0) {
                    continue;
                }
                for (uint32_t x = 0; x < machine->inputs; x++) {
                    uint32_t na = machine->next[a * machine->inputs + x];
                    uint32_t nb = machine->next[b * machine->inputs + x];
                    int separates;
                    if (na == MACHINE_UNDEFINED || nb == MACHINE_UNDEFINED) {
                        continue;
                    }
                    if (length == 1) {
                        separates = machine_apart(machine, machine->output[a * machine->inputs + x],
                                                  machine->output[b * machine->inputs + x]);
                    } else {
                        separates = na != nb && layer[pair(out, na, nb)] == length - 1;
                    }
                    if (separates) {
                        layer[pair(out, a, b)] = length;
                        layer[pair(out, b, a)] = length;
                        out->input[pair(out, a, b)] = x;
                        out->input[pair(out, b, a)] = x;
                        out->longest = length;
                        grown = 1;
                        break;
                    }
                }
            }
        }
    }
    for (uint32_t a = 0; a < machine->states; a++) {
        for (uint32_t b = a + 1; b < machine->states; b++) {
            out->merged += layer[pair(out, a, b)] == 0;
        }
    }
    free(layer);
    return IRQCTS_ERROR_NONE;
}

void separation_free(struct separation *separation)
{
    free(separation->input);
    separation->input = NULL;
}

/* ---- sets of sequences ---- */

int32_t sequence_tree_initialise(struct sequence_tree *out, uint32_t limit)
{
    out->capacity = 1024;
    out->count = 1;
    out->limit = limit;
    out->nodes = malloc(out->capacity * sizeof(*out->nodes));
    if (out->nodes == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a suite");
    }
    out->nodes[0] = (struct sequence_node){MACHINE_UNDEFINED, MACHINE_UNDEFINED, MACHINE_UNDEFINED, MACHINE_UNDEFINED};
    return IRQCTS_ERROR_NONE;
}

void sequence_tree_free(struct sequence_tree *tree)
{
    free(tree->nodes);
    tree->nodes = NULL;
    tree->count = 0;
}

int32_t sequence_tree_extend(uint32_t *out, struct sequence_tree *tree, uint32_t node, uint32_t input)
{
    uint32_t child = tree->nodes[node].first_child;

    while (child != MACHINE_UNDEFINED && tree->nodes[child].input != input) {
        child = tree->nodes[child].next_sibling;
    }
    if (child == MACHINE_UNDEFINED) {
        if (tree->count >= tree->limit) {
            return irqcts_fail(IRQCTS_ERROR_CAPACITY,
                               "the suite would be larger than %u inputs; use fewer entries, messages or extra states",
                               tree->limit);
        }
        if (tree->count == tree->capacity) {
            struct sequence_node *grown = realloc(tree->nodes, 2u * (size_t)tree->capacity * sizeof(*grown));
            if (grown == NULL) {
                return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a suite of %u inputs", tree->count);
            }
            tree->nodes = grown;
            tree->capacity *= 2u;
        }
        child = tree->count++;
        tree->nodes[child] = (struct sequence_node){MACHINE_UNDEFINED, tree->nodes[node].first_child, node, input};
        tree->nodes[node].first_child = child;
    }
    *out = child;
    return IRQCTS_ERROR_NONE;
}

void sequence_tree_size(const struct sequence_tree *tree, uint32_t *out_leaves, uint64_t *out_inputs)
{
    uint32_t *depth = calloc(tree->count, sizeof(*depth));

    *out_leaves = 0;
    *out_inputs = 0;
    if (depth == NULL) {
        return;
    }
    for (uint32_t i = 1; i < tree->count; i++) { /* a parent comes before its children */
        depth[i] = depth[tree->nodes[i].parent] + 1u;
        if (tree->nodes[i].first_child == MACHINE_UNDEFINED) {
            *out_leaves += 1u;
            *out_inputs += depth[i];
        }
    }
    free(depth);
}

/* ---- the suite ---- */

struct builder {
    const struct machine *machine;
    const struct separation *separation;
    struct sequence_tree *tree;
    struct sequence_tree *identifiers; /* one a state; for the W-method one for all */
    enum suite_method method;
};

static uint32_t step(const struct machine *machine, uint32_t state, uint32_t input)
{
    return machine->next[state * machine->inputs + input];
}

/* Adds the sequence that separates states a and b to an identifier. */
static int32_t add_separating(struct builder *builder, struct sequence_tree *identifier, uint32_t a, uint32_t b)
{
    const struct machine *machine = builder->machine;
    uint32_t node = 0;

    while (a != b) {
        uint32_t input = builder->separation->input[pair(builder->separation, a, b)];
        int32_t error;
        if (input == MACHINE_UNDEFINED) {
            return IRQCTS_ERROR_NONE; /* a merged pair */
        }
        error = sequence_tree_extend(&node, identifier, node, input);
        if (error != IRQCTS_ERROR_NONE) {
            return error;
        }
        if (machine_apart(machine, machine->output[a * machine->inputs + input],
                          machine->output[b * machine->inputs + input])) {
            break;
        }
        a = step(machine, a, input);
        b = step(machine, b, input);
    }
    return IRQCTS_ERROR_NONE;
}

/* Harmonised identifiers: of every pair of states both hold the same separating
 * sequence.  W: one characterisation set with the sequences of all pairs. */
static int32_t make_identifiers(struct builder *builder)
{
    uint32_t states = builder->machine->states;
    uint32_t count = builder->method == SUITE_W ? 1u : states;
    int32_t error = IRQCTS_ERROR_NONE;

    builder->identifiers = calloc(count, sizeof(*builder->identifiers));
    if (builder->identifiers == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for the identifiers of %u states", states);
    }
    for (uint32_t i = 0; i < count && error == IRQCTS_ERROR_NONE; i++) {
        error = sequence_tree_initialise(&builder->identifiers[i], builder->tree->limit);
    }
    for (uint32_t a = 0; a < states && error == IRQCTS_ERROR_NONE; a++) {
        for (uint32_t b = builder->method == SUITE_W ? a + 1u : 0u; b < states && error == IRQCTS_ERROR_NONE; b++) {
            error = add_separating(builder, &builder->identifiers[builder->method == SUITE_W ? 0u : a], a, b);
        }
    }
    return error;
}

static void free_identifiers(struct builder *builder)
{
    uint32_t count = builder->method == SUITE_W ? 1u : builder->machine->states;

    for (uint32_t i = 0; builder->identifiers != NULL && i < count; i++) {
        sequence_tree_free(&builder->identifiers[i]);
    }
    free(builder->identifiers);
}

/* Copies an identifier behind a node that reaches `state`, as far as it is defined there. */
static int32_t append_identifier(struct builder *builder, const struct sequence_tree *identifier, uint32_t from,
                                 uint32_t node, uint32_t state)
{
    uint32_t child = identifier->nodes[from].first_child;

    for (; child != MACHINE_UNDEFINED; child = identifier->nodes[child].next_sibling) {
        uint32_t input = identifier->nodes[child].input;
        uint32_t next = step(builder->machine, state, input);
        uint32_t extended;
        int32_t error;
        if (next == MACHINE_UNDEFINED) {
            continue;
        }
        error = sequence_tree_extend(&extended, builder->tree, node, input);
        if (error == IRQCTS_ERROR_NONE) {
            error = append_identifier(builder, identifier, child, extended, next);
        }
        if (error != IRQCTS_ERROR_NONE) {
            return error;
        }
    }
    return IRQCTS_ERROR_NONE;
}

/* Every defined input sequence of length 0 .. depth from a state, each node identified. */
static int32_t traverse(struct builder *builder, uint32_t node, uint32_t state, uint32_t depth)
{
    const struct sequence_tree *identifier = &builder->identifiers[builder->method == SUITE_W ? 0u : state];
    int32_t error = append_identifier(builder, identifier, 0, node, state);

    for (uint32_t x = 0; depth > 0 && x < builder->machine->inputs && error == IRQCTS_ERROR_NONE; x++) {
        uint32_t next = step(builder->machine, state, x);
        uint32_t child;
        if (next == MACHINE_UNDEFINED) {
            continue;
        }
        error = sequence_tree_extend(&child, builder->tree, node, x);
        if (error == IRQCTS_ERROR_NONE) {
            error = traverse(builder, child, next, depth - 1u);
        }
    }
    return error;
}

/* Breadth first: `out_nodes[s]` is the tree's node of a shortest sequence to state s. */
static int32_t cover_states(struct builder *builder, uint32_t *out_nodes)
{
    const struct machine *machine = builder->machine;
    uint32_t *queue = malloc(machine->states * sizeof(*queue));
    uint32_t head = 0;
    uint32_t tail = 0;
    int32_t error = IRQCTS_ERROR_NONE;

    if (queue == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a state cover of %u states", machine->states);
    }
    memset(out_nodes, 0xff, machine->states * sizeof(*out_nodes));
    out_nodes[0] = 0;
    queue[tail++] = 0;
    while (error == IRQCTS_ERROR_NONE && head < tail) {
        uint32_t state = queue[head++];
        for (uint32_t x = 0; x < machine->inputs && error == IRQCTS_ERROR_NONE; x++) {
            uint32_t next = step(machine, state, x);
            if (next != MACHINE_UNDEFINED && out_nodes[next] == MACHINE_UNDEFINED) {
                error = sequence_tree_extend(&out_nodes[next], builder->tree, out_nodes[state], x);
                queue[tail++] = next;
            }
        }
    }
    free(queue);
    return error;
}

int32_t machine_suite(struct sequence_tree *out, const struct machine *machine, const struct separation *separation,
                      uint32_t extra, enum suite_method method, uint32_t limit)
{
    struct builder builder = {machine, separation, out, NULL, method};
    uint32_t *nodes = malloc(machine->states * sizeof(*nodes));
    int32_t error = sequence_tree_initialise(out, limit);

    if (error == IRQCTS_ERROR_NONE && nodes == NULL) {
        error = irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a state cover of %u states", machine->states);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = make_identifiers(&builder);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = cover_states(&builder, nodes);
    }
    for (uint32_t state = 0; state < machine->states && error == IRQCTS_ERROR_NONE; state++) {
        error = traverse(&builder, nodes[state], state, extra + 1u);
    }
    free_identifiers(&builder);
    free(nodes);
    if (error != IRQCTS_ERROR_NONE) {
        sequence_tree_free(out);
    }
    return error;
}
