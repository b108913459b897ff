/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle: one state machine of a PCI function with MSI-X and its virtual
 * functions, that says of every observed outcome whether the sources permit
 * it, and by which clause not.
 *
 * Freestanding C11: no allocation, clock, I/O or globals.  The state is one
 * block of caller's memory without pointers; for a given configuration its
 * size is fixed and it may be copied with memcpy.
 *
 * What the sources leave open is a permitted set, not a guess: a pending bit
 * may be yes, no or unknown until an observation settles it; the number of
 * deliveries of a message since the last poll is an interval.
 */
#ifndef IRQCTS_MODEL_H
#define IRQCTS_MODEL_H

#include "irqcts/operation.h"
#include "irqcts/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Readings of the open points (core/spec/ambiguities.toml); a set bit is the
 * strict reading, a clear one accepts everything the register lists. */
enum irqcts_reading {
    IRQCTS_READING_BUS_MASTER_OFF_PENDS = 1,
    IRQCTS_READING_BUS_MASTER_OFF_LOSES = 2,
    IRQCTS_READING_DISABLED_EVENT_DROPPED = 4,
    IRQCTS_READING_DISABLED_EVENT_KEPT = 8,
    IRQCTS_READING_PENDING_SURVIVES_DISABLE = 16,
    IRQCTS_READING_PENDING_CLEARED_BY_DISABLE = 32,
    IRQCTS_READING_SET_ENTRY_KEEPS_MASK = 64
};

/* What the observer can see; from the backend's description. */
struct irqcts_model_configuration {
    uint32_t entries;           /* N of the physical function, 0..2048; 0: no MSI-X capability */
    uint32_t messages;          /* M, 0..N */
    uint32_t virtual_functions; /* 0..64 */
    uint32_t virtual_entries;   /* N of each virtual function */
    uint32_t virtual_messages;  /* M of each */
    uint32_t observations;      /* enum irqcts_observation */
    uint32_t properties;        /* enum irqcts_property */
    uint32_t readings;          /* enum irqcts_reading */
    uint32_t slots;             /* saved states kept, 0..IRQCTS_SLOTS_MAX */
    uint32_t stimulus;          /* enum irqcts_stimulus */
};

struct irqcts_model;

/* Clauses that transitions enforced; one bit a clause, set by the transitions
 * themselves and never cleared by the model. */
#define IRQCTS_COVERAGE_WORDS 4u
struct irqcts_coverage {
    uint64_t words[IRQCTS_COVERAGE_WORDS];
};

enum irqcts_judgement_kind {
    IRQCTS_JUDGEMENT_CONFORMS = 0,
    IRQCTS_JUDGEMENT_STATUS = 1,      /* a status outside the permitted set */
    IRQCTS_JUDGEMENT_VALUE = 2,       /* a value that is not permitted */
    IRQCTS_JUDGEMENT_MISSING = 3,     /* fewer deliveries than must have arrived */
    IRQCTS_JUDGEMENT_UNEXPECTED = 4,  /* more deliveries than may have arrived */
    IRQCTS_JUDGEMENT_MISROUTED = 5,   /* one missing and another unexpected */
    IRQCTS_JUDGEMENT_STRAY = 6,       /* a message that is no granted message */
    IRQCTS_JUDGEMENT_NOT_OBSERVED = 7 /* the backend said "not supported": nothing learnt */
};

/* One step's judgement: what was permitted, what was seen, and the clause. */
struct irqcts_judgement {
    uint32_t kind;
    uint32_t clause;           /* enum irqcts_clause; of a conforming step, the principal one or 0 */
    uint32_t statuses;         /* permitted: bit s for status s */
    uint32_t observed_status;
    uint64_t value;            /* permitted: (observed & value_mask) == value */
    uint64_t value_mask;
    uint64_t observed_value;
    uint32_t function;         /* of the delivery at fault */
    uint32_t message;
    uint32_t minimum;          /* permitted count of it, and the count seen */
    uint32_t maximum;
    uint32_t observed_count;
    uint32_t other_function;   /* MISROUTED: what arrived instead */
    uint32_t other_message;
    uint32_t reserved;
};

/* Bytes of state for a configuration, 0 when the configuration is not valid. */
IRQCTS_API size_t irqcts_model_size(const struct irqcts_model_configuration *configuration);

/* Lays out the state in `memory` (irqcts_model_size bytes, 8-byte aligned) as
 * after CONFIGURE.  NULL when the configuration is not valid or does not fit. */
IRQCTS_API struct irqcts_model *irqcts_model_initialise(void *memory, size_t size,
                                                        const struct irqcts_model_configuration *configuration);

/* Tells the oracle what makes a message; before the first step, once for each. */
IRQCTS_API void irqcts_model_set_message(struct irqcts_model *model, uint32_t function, uint32_t message,
                                         const struct irqcts_message *what);

/* Judges one step (operation resolved, its result and, for POLL, its delivery
 * records), moves the state, settles what the observation settles.  `coverage`
 * may be NULL.  Returns the judgement's kind.  After a divergence the state
 * follows what was observed as far as it can, so judging may go on. */
IRQCTS_API uint32_t irqcts_model_judge(struct irqcts_model *model, const struct irqcts_operation *operation,
                                       const struct irqcts_result *result, const struct irqcts_delivery *deliveries,
                                       struct irqcts_coverage *coverage, struct irqcts_judgement *out);

/* Judges up to `count` steps, as irqcts_model_judge() would, until one does not
 * conform.  Returns its number with its judgement in *out, or `count`.  A step's
 * delivery records begin at deliveries[results[i].delivery_first]. */
IRQCTS_API uint32_t irqcts_model_judge_run(struct irqcts_model *model, const struct irqcts_operation *operations,
                                           const struct irqcts_result *results,
                                           const struct irqcts_delivery *deliveries, uint32_t count,
                                           struct irqcts_coverage *coverage, struct irqcts_judgement *out);

/* One permitted outcome of an operation in this state, without changing it:
 * unknown bits read 0, undecided deliveries do not arrive.  Deliveries of a
 * POLL are appended to the buffer. */
IRQCTS_API void irqcts_model_predict(const struct irqcts_model *model, const struct irqcts_operation *operation,
                                     struct irqcts_result *out, struct irqcts_delivery_buffer *deliveries);

/* The state, for traces and reports. */
enum irqcts_pending {
    IRQCTS_PENDING_NO = 0,
    IRQCTS_PENDING_YES = 1,
    IRQCTS_PENDING_UNKNOWN = 2
};
struct irqcts_entry_state {
    uint64_t address;
    uint32_t data;
    uint32_t vector_control;
    uint32_t known;   /* bit 0 address low, 1 address high, 2 data, 3 mask */
    uint32_t message; /* of message_function, or IRQCTS_MESSAGE_STRAY */
    uint32_t message_function;
    uint32_t pending; /* enum irqcts_pending */
};
struct irqcts_function_state {
    uint32_t entries;
    uint32_t messages;
    uint32_t enabled;
    uint32_t function_mask;
    uint32_t bus_master;
    uint32_t paused;
    uint32_t started;
    uint32_t pending_entries; /* how many may be pending */
};
IRQCTS_API int32_t irqcts_model_function(const struct irqcts_model *model, uint32_t function,
                                         struct irqcts_function_state *out);
IRQCTS_API int32_t irqcts_model_entry(const struct irqcts_model *model, uint32_t function, uint32_t entry,
                                      struct irqcts_entry_state *out);

#ifdef __cplusplus
}
#endif
#endif
