/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operation programs: a list of operations with the outcome that its author
 * states for each, independent of the oracle.  This header is the text form,
 * which people read and replay; wire.h is the form that agents run.
 * docs/program-text.md is the grammar.  For every program p that the parser or
 * the builder accepts, parse(print(p)) = p.
 */
#ifndef IRQCTS_PROGRAM_H
#define IRQCTS_PROGRAM_H

#include "irqcts/error.h"
#include "irqcts/operation.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_PROGRAM_OPERATIONS_MAX 65536u
#define IRQCTS_PROGRAM_EXPECTED_DELIVERIES_MAX 262144u
#define IRQCTS_PROGRAM_TEXT_MAX (16u * 1024u * 1024u)

/* What an expectation states (irqcts_expectation.flags). */
enum irqcts_expectation_flag {
    IRQCTS_EXPECTS_STATUS = 1,     /* exactly `status` */
    IRQCTS_EXPECTS_REFUSAL = 2,    /* any status but OK */
    IRQCTS_EXPECTS_VALUE = 4,      /* (observed & value_mask) == value */
    IRQCTS_EXPECTS_DELIVERIES = 8  /* exactly the listed messages, and nothing else */
};

struct irqcts_expectation {
    uint32_t flags;
    uint32_t status;
    uint64_t value;
    uint64_t value_mask;
    uint32_t delivery_first; /* into the program's expected deliveries */
    uint32_t delivery_count;
    uint32_t clause;         /* enum irqcts_clause this outcome follows from, 0 = not said */
    uint32_t line;           /* in the program text it was read from, 0 = built */
};

struct irqcts_expected_delivery {
    uint32_t function;
    uint32_t message; /* or IRQCTS_MESSAGE_STRAY */
    uint32_t minimum;
    uint32_t maximum;
};

/* A program; opaque, owned by whoever created it. */
struct irqcts_program;

IRQCTS_API int32_t irqcts_program_create(struct irqcts_program **out);
/* Reads program text (not zero-terminated, at most IRQCTS_PROGRAM_TEXT_MAX bytes).  A syntax error's
 * sentence begins "line L, column C: ". */
IRQCTS_API int32_t irqcts_program_parse(struct irqcts_program **out, const char *text, size_t length);
IRQCTS_API void irqcts_program_free(struct irqcts_program *program);

/* Appends an operation and what is expected of it (NULL: nothing stated).
 * `deliveries` are expectation->delivery_count records; delivery_first is ignored. */
IRQCTS_API int32_t irqcts_program_append(struct irqcts_program *program, const struct irqcts_operation *operation,
                                         const struct irqcts_expectation *expectation,
                                         const struct irqcts_expected_delivery *deliveries);

IRQCTS_API uint32_t irqcts_program_count(const struct irqcts_program *program);
/* Borrowed; valid until the program is changed or freed; NULL when out of range.
 * The records lie one after the other: index 0 gives the first of all. */
IRQCTS_API const struct irqcts_operation *irqcts_program_operation(const struct irqcts_program *program, uint32_t index);
IRQCTS_API const struct irqcts_expectation *irqcts_program_expectation(const struct irqcts_program *program, uint32_t index);
IRQCTS_API const struct irqcts_expected_delivery *irqcts_program_expected_deliveries(const struct irqcts_program *program);

/* Canonical text of the whole program, or of one operation (with or without its
 * expectation).  Writes at most `size` bytes including the closing zero and
 * sets *out_length to the length without it; IRQCTS_ERROR_CAPACITY when it did
 * not fit (then *out_length is what is needed). */
IRQCTS_API int32_t irqcts_program_print(size_t *out_length, const struct irqcts_program *program, char *text, size_t size);
IRQCTS_API int32_t irqcts_program_print_step(size_t *out_length, const struct irqcts_program *program, uint32_t index,
                                             uint32_t with_expectation, char *text, size_t size);

/* An operation on its own that can stand in a program: kind, width, offsets and
 * limits.  Also what the wire form checks. */
IRQCTS_API int32_t irqcts_operation_check(const struct irqcts_operation *operation);
/* Replaces FROM_MESSAGE by the bytes it stands for. */
IRQCTS_API void irqcts_operation_resolve(struct irqcts_operation *operation, const struct irqcts_message *message);

/* The text form's words; NULL when there is none. */
IRQCTS_API const char *irqcts_operation_name(uint32_t kind);
IRQCTS_API const char *irqcts_status_name(uint32_t status);

#ifdef __cplusplus
}
#endif
#endif
