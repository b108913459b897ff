/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shrinker: from a program that fails to a locally minimal one that still
 * fails for the same reason.  Locally minimal: no single operation can be left
 * out, and no operand or size made smaller, without losing the failure.
 */
#ifndef IRQCTS_SHRINK_H
#define IRQCTS_SHRINK_H

#include "irqcts/program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs a candidate.  1: it fails for the same reason; 0: it does not; negative:
 * an irqcts_error, the shrinker stops and returns it (a backend that no longer
 * answers).  The candidate is borrowed for the call. */
typedef int32_t (*irqcts_shrink_trial)(void *context, const struct irqcts_program *candidate);

struct irqcts_shrink_options {
    uint32_t runs_max; /* trials at most; the best program so far is returned; 0: no limit */
    uint32_t repeats;  /* an intermittent device: a candidate counts as failing when one of this many
                        * trials fails; 0 and 1: each candidate is tried once */
};

struct irqcts_shrink_report {
    uint32_t runs;              /* trials made */
    uint32_t operations_before; /* with CONFIGURE */
    uint32_t operations_after;
    uint32_t minimal;           /* 1: locally minimal; 0: runs_max came first */
    uint32_t confirmations;     /* of `repeats` (at least 1) last trials of the result, how many failed */
    uint32_t reserved;
};

/* *out is a new program, owned by the caller.  IRQCTS_ERROR_ARGUMENT when the
 * program does not fail to begin with. */
IRQCTS_API int32_t irqcts_shrink(struct irqcts_program **out, struct irqcts_shrink_report *report,
                                 const struct irqcts_program *program, irqcts_shrink_trial trial, void *context,
                                 const struct irqcts_shrink_options *options);

#ifdef __cplusplus
}
#endif
#endif
