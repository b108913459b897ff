/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Soaking: random programs of ever other shapes, for as long as one likes.  One
 * 64-bit seed is one program on a given backend: its upper half is the shape
 * (sizes, length, which operations take part), its lower half what happens in
 * it.  Of several candidates the one is run that, played on the oracle, reaches
 * most that is new or rare: transitions of the oracle, clauses.  Which that is
 * depends on the run's seed and on what the backend can do, not on its answers.
 *
 * Leaving operations out of a program, others in each (swarm testing: A. Groce
 * and others, 2012), reaches what the presence of all of them hides: a reset
 * now and then keeps a program from ever growing an odd state.
 */
#ifndef IRQCTS_SOAK_H
#define IRQCTS_SOAK_H

#include "irqcts/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_SOAK_TRANSITIONS 16384u

enum irqcts_soak_flag {
    IRQCTS_SOAK_UNSTEERED = 1 /* every candidate is run: more steps a second in process, fewer of them to the point */
};

/* Zero but for the first three; carries a run from one call to the next. */
struct irqcts_soak {
    uint64_t run_seed;
    uint32_t readings; /* enum irqcts_reading */
    uint32_t flags;    /* enum irqcts_soak_flag */
    uint64_t programs;
    uint64_t steps;
    uint64_t failing_seed;             /* of irqcts_soak_program */
    uint32_t failing_step;             /* UINT32_MAX: none, after the first call */
    uint32_t reserved;
    struct irqcts_judgement judgement; /* of that step */
    struct irqcts_coverage coverage; /* clauses that the programs enforced */
    struct irqcts_coverage foreseen; /* and those that they would on the oracle */
    uint32_t taken[IRQCTS_SOAK_TRANSITIONS]; /* how often the oracle's transitions were taken there, by a hash */
};

/* The shape and the program of a seed, on a backend of this description. */
IRQCTS_API int32_t irqcts_soak_shape(struct irqcts_engine_shape *out,
                                     const struct irqcts_backend_description *description, uint64_t seed);
IRQCTS_API int32_t irqcts_soak_program(struct irqcts_program **out,
                                       const struct irqcts_backend_description *description, uint64_t seed);

/* The seed of the program that comes next (and counts it). */
IRQCTS_API int32_t irqcts_soak_next(uint64_t *out_seed, struct irqcts_soak *soak,
                                    const struct irqcts_backend_description *description);

/* At least `steps` more steps, or up to the first divergence. */
IRQCTS_API int32_t irqcts_soak_run(struct irqcts_soak *soak, const struct irqcts_backend_interface *backend,
                                   void *context, uint64_t steps);

#ifdef __cplusplus
}
#endif
#endif
