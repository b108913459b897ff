/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session runs a program on a backend and judges every step twice: against
 * the oracle, and against the outcome that the program's author stated.  The
 * two are kept apart, so that an oracle that errs is seen.
 *
 * Running and judging are separate: a trace may come from a backend in this
 * process (irqcts_session_run) or from an agent (wire.h), and is judged by the
 * same code.
 */
#ifndef IRQCTS_SESSION_H
#define IRQCTS_SESSION_H

#include "irqcts/backend.h"
#include "irqcts/model.h"
#include "irqcts/program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was observed: results, deliveries, the message table and the backend's
 * description.  Opaque, owned by whoever created it. */
struct irqcts_trace;

enum irqcts_session_flag {
    IRQCTS_SESSION_STOP_AT_FIRST = 1 /* operation by operation, ending at the first divergence */
};

/* What a stated expectation found wrong (irqcts_step.expectation). */
enum irqcts_expectation_outcome {
    IRQCTS_EXPECTATION_NOT_STATED = 0,
    IRQCTS_EXPECTATION_MET = 1,
    IRQCTS_EXPECTATION_STATUS = 2,
    IRQCTS_EXPECTATION_VALUE = 3,
    IRQCTS_EXPECTATION_DELIVERIES = 4,
    IRQCTS_EXPECTATION_NOT_OBSERVABLE = 5 /* the backend cannot see what is stated */
};

/* One judged step. */
struct irqcts_step {
    struct irqcts_result result;
    struct irqcts_judgement judgement;
    uint32_t expectation; /* enum irqcts_expectation_outcome */
    uint32_t expectation_clause;
};

/* A judged program. */
struct irqcts_outcome {
    uint32_t steps;                   /* executed */
    uint32_t judged;                  /* judged by the oracle and observed */
    uint32_t expectations_met;
    uint32_t divergences;             /* steps that the oracle does not permit */
    uint32_t expectations_failed;
    uint32_t first_divergence;        /* step, UINT32_MAX: none */
    uint32_t first_failed_expectation;/* step, UINT32_MAX: none */
    uint32_t first_not_observed;      /* step that the backend refused as unsupported, UINT32_MAX: none */
    struct irqcts_coverage coverage;  /* clauses that the judged steps enforced */
};

/* Runs `program` on an open backend, in this process. `readings`: enum irqcts_reading. */
IRQCTS_API int32_t irqcts_session_run(struct irqcts_trace **out, const struct irqcts_backend_interface *backend,
                                      void *context, const struct irqcts_program *program, uint32_t flags,
                                      uint32_t readings);
/* Judges (again) what a trace holds; fills *out.  Before that a trace has no steps and no sentences about them. */
IRQCTS_API int32_t irqcts_trace_judge(struct irqcts_outcome *out, struct irqcts_trace *trace,
                                      const struct irqcts_program *program, uint32_t readings);
IRQCTS_API void irqcts_trace_free(struct irqcts_trace *trace);

IRQCTS_API uint32_t irqcts_trace_count(const struct irqcts_trace *trace);
IRQCTS_API int32_t irqcts_trace_step(struct irqcts_step *out, const struct irqcts_trace *trace, uint32_t index);
/* Borrowed delivery records of a POLL step; *out_count of them. */
IRQCTS_API const struct irqcts_delivery *irqcts_trace_deliveries(uint32_t *out_count, const struct irqcts_trace *trace,
                                                                 uint32_t index);
/* Sentences for people: what was permitted at a step, what was seen, and why
 * they differ (empty when they do not).  Sizes as in program.h. */
IRQCTS_API int32_t irqcts_trace_expected_text(size_t *out_length, const struct irqcts_trace *trace, uint32_t index,
                                              char *text, size_t size);
IRQCTS_API int32_t irqcts_trace_observed_text(size_t *out_length, const struct irqcts_trace *trace, uint32_t index,
                                              char *text, size_t size);
IRQCTS_API int32_t irqcts_trace_reason_text(size_t *out_length, const struct irqcts_trace *trace, uint32_t index,
                                            char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
