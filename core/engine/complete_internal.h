/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a complete suite share: alphabet.c makes its inputs,
 * explore.c the machine that the oracle is under them, complete.c the programs.
 */
#ifndef IRQCTS_ENGINE_COMPLETE_INTERNAL_H
#define IRQCTS_ENGINE_COMPLETE_INTERNAL_H

#include "irqcts/complete.h"

#include "machine.h"

enum { INPUTS_MAX = 64, INPUT_OPERATIONS_MAX = 20 };

/* A short sequence of operations. */
struct input {
    uint32_t count;
    struct irqcts_operation operations[INPUT_OPERATIONS_MAX];
};

struct irqcts_complete {
    struct irqcts_complete_options options;
    struct irqcts_complete_report report;
    /* The alphabet of the machine, and behind it what only open programs use. */
    struct input inputs[INPUTS_MAX];
    uint32_t all_inputs;
    uint32_t show;  /* the input that shows the state as far as it can be seen, MACHINE_UNDEFINED: there is none */
    uint32_t start;  /* likewise */
    uint32_t set_up; /* likewise; behind the alphabet, as the resets from first_reset on */
    uint32_t first_reset;
    struct irqcts_message messages[IRQCTS_COMPLETE_ENTRIES_MAX];
    struct machine machine;
    uint64_t *outputs; /* machine.output holds indices of output_words words each */
    /* [state * inputs + input] of an input that is open there: the state that it leads to with
     * open_suffix behind it, TOUR_ENDS when that is open too; else TOUR_NOT_WANTED. */
    uint32_t *after_open;
    uint32_t open_suffix[3]; /* what is seen of it, a new start, what is seen then */
    uint32_t open_suffix_length;
    struct sequence_tree tree;
    struct sequence_tree open_tree;
    uint32_t *leaves; /* of both */
};

#define OPERATION(...) ((struct irqcts_operation){__VA_ARGS__})

void complete_make_alphabet(struct irqcts_complete *suite);
int32_t complete_explore(struct irqcts_complete *suite);

#endif
