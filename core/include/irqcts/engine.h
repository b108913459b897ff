/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: seeded random programs, run on a backend in this process and
 * judged step by step.  The inner loop (generate, execute, judge) allocates
 * nothing.
 *
 * A program is decided by its shape and one 64-bit seed; the seed is its
 * reproducer (irqcts_engine_program gives the program as text).
 */
#ifndef IRQCTS_ENGINE_H
#define IRQCTS_ENGINE_H

#include "irqcts/backend.h"
#include "irqcts/model.h"
#include "irqcts/program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A change to the generator that changes what a seed means changes this number;
 * a reproducer of another version is refused. */
#define IRQCTS_GENERATOR_VERSION 5u

/* What the programs look like. */
struct irqcts_engine_shape {
    uint32_t entries;           /* N, 1..2048 */
    uint32_t messages;          /* M, 1..N */
    uint32_t virtual_functions; /* 0..64 */
    uint32_t virtual_entries;
    uint32_t virtual_messages;
    uint32_t length;            /* operations a program, after its CONFIGURE; 1..65535 */
    uint64_t operations;        /* bit k: kind k may appear; kinds it lacks are never generated */
    uint32_t reset_kinds;       /* bit k: enum irqcts_reset_kind k may appear */
    uint32_t stimulus;          /* enum irqcts_stimulus: without one no events are generated */
    uint32_t seldom;            /* one motif in so many is a slow one or one about what is not there: a power of
                                 * two up to 64; 0: 64 */
    uint32_t reserved;
};

enum irqcts_engine_flag {
    IRQCTS_ENGINE_JUDGE = 1 /* without it only generate and execute, for comparing rates */
};

/* What a run found. */
struct irqcts_engine_report {
    uint64_t programs;
    uint64_t steps;
    uint64_t failing_seed;   /* of the first program with a divergence */
    uint32_t failing_step;   /* its step, counted from CONFIGURE = 0; UINT32_MAX: none diverged */
    uint32_t not_supported;  /* steps that the backend refused as unsupported */
    struct irqcts_judgement judgement; /* of that step */
    struct irqcts_coverage coverage;
};

/* A generator's state; initialise before use.  No allocation, no globals. */
#define IRQCTS_GENERATOR_HOT_MAX 4u
#define IRQCTS_GENERATOR_EDGES 16u
struct irqcts_generator {
    uint64_t state;
    struct irqcts_engine_shape shape;
    uint32_t step;
    uint32_t hot_function; /* most operations are about this function */
    uint32_t hot_count;
    uint32_t hot[IRQCTS_GENERATOR_HOT_MAX]; /* and about these entries */
    uint32_t edges[IRQCTS_GENERATOR_EDGES]; /* the others are taken from here */
    uint32_t pending_prologue; /* operations left that program the hot entries */
    uint32_t order;        /* 0: unmask before enable (Windows), 1: enable under Function Mask (Linux) */
    /* The motif under way: which, its next operation, what it is about. */
    uint32_t motif;
    uint32_t rare;     /* 1: of the motifs that are seldom drawn */
    uint32_t position;
    uint32_t function;
    uint32_t subjects[4];
    uint32_t messages[2];
    uint32_t stranger; /* the position at which an operation of another motif stands instead */
    uint64_t bits;     /* eight for each operation of the motif */
};

/* IRQCTS_ERROR_ARGUMENT with a sentence when the shape is not valid. */
IRQCTS_API int32_t irqcts_generator_initialise(struct irqcts_generator *out, const struct irqcts_engine_shape *shape,
                                               uint64_t seed);
/* The next `count` operations; the first of all is CONFIGURE, then `length` others (FROM_MESSAGE not resolved). */
IRQCTS_API void irqcts_generator_next(struct irqcts_generator *generator, uint32_t count,
                                      struct irqcts_operation *out);

/* The seed of program `index` of a run: well mixed, so that neighbours differ. */
IRQCTS_API uint64_t irqcts_engine_seed(uint64_t run_seed, uint64_t index);

/* The whole program of a seed. */
IRQCTS_API int32_t irqcts_engine_program(struct irqcts_program **out, const struct irqcts_engine_shape *shape,
                                         uint64_t seed);

/* Runs programs index_first .. of a run until `steps` steps are done or one
 * diverges.  `readings`: enum irqcts_reading.  Memory is taken once at the start. */
IRQCTS_API int32_t irqcts_engine_run(struct irqcts_engine_report *out, const struct irqcts_backend_interface *backend,
                                     void *context, const struct irqcts_engine_shape *shape, uint64_t run_seed,
                                     uint64_t index_first, uint64_t steps, uint32_t flags, uint32_t readings);

#ifdef __cplusplus
}
#endif
#endif
