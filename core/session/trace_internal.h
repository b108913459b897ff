/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IRQCTS_TRACE_INTERNAL_H
#define IRQCTS_TRACE_INTERNAL_H

#include "irqcts/session.h"

/* What judging adds to a result. */
struct trace_judged {
    struct irqcts_judgement judgement;
    uint32_t expectation; /* enum irqcts_expectation_outcome */
};

struct irqcts_trace {
    struct irqcts_backend_description description;
    uint32_t count;     /* results */
    uint32_t room;      /* for results */
    uint32_t functions; /* with a message table: 1 + virtual functions of the CONFIGURE, 0 when it was refused */
    struct irqcts_result *results;
    struct trace_judged *judged;     /* NULL until irqcts_trace_judge: an agent never needs them */
    struct irqcts_expectation *stated; /* copies, for the sentences */
    struct irqcts_expected_delivery *stated_deliveries;
    struct irqcts_operation *operations;
    struct irqcts_delivery *deliveries;
    uint32_t delivery_count;
    uint32_t message_first[IRQCTS_FUNCTIONS_MAX + 1u]; /* into messages, by function */
    struct irqcts_message *messages;
};

/* A trace with room for `count` results and `deliveries` records. */
int32_t trace_create(struct irqcts_trace **out, const struct irqcts_program *program, uint32_t deliveries);

/* Of a judged step.  NULL, with IRQCTS_ERROR_ARGUMENT's sentence, when it is none. */
const struct trace_judged *trace_judged_at(const struct irqcts_trace *trace, uint32_t index);

/* Lays out the message table as the program's CONFIGURE asks; messages are still to be filled. */
int32_t trace_make_messages(struct irqcts_trace *trace);

/* Programs name messages; once those are known the operations carry what they
 * are.  Opaque ones stay named: the backend gets to refuse them.
 * IRQCTS_ERROR_ARGUMENT for a message that was not configured. */
int32_t trace_resolve_operations(struct irqcts_trace *trace);

/* Whether what a backend or an agent reported can be true at all: enum values,
 * indices and counts in range, strings terminated.  IRQCTS_ERROR_BACKEND. */
int32_t trace_check(const struct irqcts_trace *trace);
int32_t description_check(const struct irqcts_backend_description *description);

#endif
