/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Soaking: random programs of ever other shapes, for as long as one likes.  One
 * 64-bit seed is one program on a given backend: its upper half is the shape
 * (sizes, length, which operations take part), its lower half what happens in
 * it.  Shapes in which a clause was enforced for the first time are kept, and
 * half of all programs have one of them.
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

#define IRQCTS_SOAK_KEPT_MAX 64u

/* Zero but for the first two; carries a run from one call to the next. */
struct irqcts_soak {
    uint64_t run_seed;
    uint32_t readings; /* enum irqcts_reading */
    uint32_t kept_count;
    uint64_t programs;
    uint64_t steps;
    uint64_t failing_seed;             /* of irqcts_soak_program */
    uint32_t failing_step;             /* UINT32_MAX: none, after the first call */
    uint32_t reserved;
    struct irqcts_judgement judgement; /* of that step */
    struct irqcts_coverage coverage;
    uint32_t kept[IRQCTS_SOAK_KEPT_MAX]; /* upper halves of seeds */
};

/* The shape and the program of a seed, on a backend of this description. */
IRQCTS_API int32_t irqcts_soak_shape(struct irqcts_engine_shape *out,
                                     const struct irqcts_backend_description *description, uint64_t seed);
IRQCTS_API int32_t irqcts_soak_program(struct irqcts_program **out,
                                       const struct irqcts_backend_description *description, uint64_t seed);

/* At least `steps` more steps, or up to the first divergence. */
IRQCTS_API int32_t irqcts_soak_run(struct irqcts_soak *soak, const struct irqcts_backend_interface *backend,
                                   void *context, uint64_t steps);

#ifdef __cplusplus
}
#endif
#endif
