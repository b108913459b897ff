/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finite state machines, possibly partial, and the suites generated from them.
 * Nothing here knows what the states and inputs mean.
 */
#ifndef IRQCTS_ENGINE_MACHINE_H
#define IRQCTS_ENGINE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#define MACHINE_UNDEFINED UINT32_MAX

/* Deterministic, initial state 0, every state reachable. */
struct machine {
    uint32_t states;
    uint32_t inputs;
    uint32_t *next;   /* [state * inputs + input]; MACHINE_UNDEFINED where the input is not defined */
    uint32_t *output; /* likewise; equal numbers are equal outputs */
    /* Outputs may be permitted sets: [a * outputs + b] is 1 when nothing fits both
     * output a and output b.  NULL: each output fits itself alone. */
    uint8_t *apart;
    uint32_t outputs;
};

int machine_apart(const struct machine *machine, uint32_t a, uint32_t b);

/* For each pair of states the first input of a shortest sequence that separates
 * them (defined along it in both), or MACHINE_UNDEFINED.  Symmetric. */
struct separation {
    uint32_t states;
    uint32_t *input;  /* [a * states + b] */
    uint32_t merged;  /* pairs a < b that nothing separates */
    uint32_t longest; /* inputs in the longest of the sequences */
};

int32_t machine_separate(struct separation *out, const struct machine *machine);
void separation_free(struct separation *separation);

/* A set of input sequences, closed under prefixes; node 0 is the empty one. */
struct sequence_node {
    uint32_t first_child;
    uint32_t next_sibling;
    uint32_t parent;
    uint32_t input;
};
struct sequence_tree {
    struct sequence_node *nodes;
    uint32_t count;
    uint32_t capacity;
    uint32_t limit; /* nodes at most: IRQCTS_ERROR_CAPACITY beyond */
};

int32_t sequence_tree_initialise(struct sequence_tree *out, uint32_t limit);
void sequence_tree_free(struct sequence_tree *tree);
/* The child of `node` by `input`, added when it is not there.  Negative error. */
int32_t sequence_tree_extend(uint32_t *out, struct sequence_tree *tree, uint32_t node, uint32_t input);

enum suite_method {
    SUITE_HARMONISED, /* HSI: each state is checked with its own harmonised identifier */
    SUITE_W           /* W-method: every state with the whole characterisation set */
};

/* The suite that is complete for implementations with at most `extra` states
 * more than the machine. */
int32_t machine_suite(struct sequence_tree *out, const struct machine *machine, const struct separation *separation,
                      uint32_t extra, enum suite_method method, uint32_t limit);

/* Leaves of a tree and the inputs on all paths to them. */
void sequence_tree_size(const struct sequence_tree *tree, uint32_t *out_leaves, uint64_t *out_inputs);

#endif
