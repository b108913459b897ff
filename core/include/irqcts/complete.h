/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Complete test suites.  For one configuration and one alphabet of inputs, the
 * oracle's finite state machine is explored and a suite is generated that
 * detects every faulty implementation with at most k more states than the
 * specification, as seen by the same observer (docs/decisions on complete
 * suites says what is assumed, what is claimed, and cites the method).
 *
 * Inputs whose outcome the sources leave open in a state (an event while
 * disabled, a rewrite of an unmasked entry, …) are undefined in that state:
 * the machine is partial there and the claim leaves them out.
 */
#ifndef IRQCTS_COMPLETE_H
#define IRQCTS_COMPLETE_H

#include "irqcts/model.h"
#include "irqcts/program.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_COMPLETE_ENTRIES_MAX 4u
#define IRQCTS_COMPLETE_STATES_MAX 20000u
#define IRQCTS_COMPLETE_OPERATIONS_MAX 50000000u

struct irqcts_complete_options {
    uint32_t entries;      /* that the inputs name: the first of the table, 1..IRQCTS_COMPLETE_ENTRIES_MAX */
    uint32_t messages;     /* M, 1..entries */
    uint32_t extra_states; /* k, 0..2 */
    uint32_t observations; /* enum irqcts_observation: what separates states */
    uint32_t properties;   /* enum irqcts_property */
    uint32_t readings;     /* enum irqcts_reading */
    uint64_t operations;   /* bit k: operation kind k may be used */
    uint32_t reset_kinds;
    uint32_t stimulus;     /* enum irqcts_stimulus */
    uint32_t table_entries;/* N, of a device whose table is larger than `entries`; 0: N = entries */
    uint32_t opaque_messages; /* 1: messages that no register write can name (IRQCTS_MESSAGE_OPAQUE) */
    uint32_t walk;         /* 1: for k = 0 few long programs instead of many short ones, where the states can be seen */
    uint32_t start_once;   /* 1: START is no input of its own, it begins programs and follows resets; on a large table
                            * it programs thousands of registers */
};

/* What was generated and what it claims. */
struct irqcts_complete_report {
    uint32_t states;          /* of the specification */
    uint32_t inputs;
    uint32_t transitions;     /* defined */
    uint32_t undefined;       /* state and input pairs whose outcome is open, left out of the claim */
    uint32_t merged_pairs;    /* pairs of states that no sequence separates for this observer: nothing is
                               * claimed of an implementation that takes one for the other */
    uint32_t identifier_length; /* longest separating sequence, inputs */
    uint32_t programs;        /* that the claim rests on */
    uint32_t open_programs;   /* behind them: inputs that are open in a state, and those before a start */
    uint32_t programs_w;      /* `programs` with the plain W-method, for comparison; 0: too large */
    uint32_t walked;          /* 1: the programs walk through the machine (irqcts_complete_options.walk) */
    uint32_t reserved;
    uint64_t operations;      /* in all programs, without CONFIGURE and the start behind it */
    uint64_t open_operations;
    uint64_t operations_w;
};

/* A generated suite; opaque. */
struct irqcts_complete;

/* Explores and generates.  IRQCTS_ERROR_CAPACITY when states or operations would
 * exceed the limits; the sentence says what to reduce. */
IRQCTS_API int32_t irqcts_complete_create(struct irqcts_complete **out, const struct irqcts_complete_options *options);
IRQCTS_API void irqcts_complete_free(struct irqcts_complete *suite);
IRQCTS_API int32_t irqcts_complete_describe(struct irqcts_complete_report *out, const struct irqcts_complete *suite);
/* Borrowed operations of input `index` of the alphabet, *out_count of them; NULL beyond. */
IRQCTS_API const struct irqcts_operation *irqcts_complete_input(uint32_t *out_count,
                                                                const struct irqcts_complete *suite, uint32_t index);
/* Program `index` of the suite, 0 .. programs + open_programs - 1, beginning with CONFIGURE and START. */
IRQCTS_API int32_t irqcts_complete_program(struct irqcts_program **out, const struct irqcts_complete *suite,
                                           uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
