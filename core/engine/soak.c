/* SPDX-License-Identifier: Apache-2.0 */
#include "irqcts/soak.h"

int32_t irqcts_soak_run(struct irqcts_soak *soak, const struct irqcts_backend_interface *backend, void *context,
                        uint64_t steps)
{
    struct irqcts_backend_description description;
    uint64_t end = soak->steps + steps;

    soak->failing_step = UINT32_MAX;
    if (backend->describe(context, &description) < 0) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "%s does not describe itself", backend->name);
    }
    while (soak->steps < end && soak->failing_step == UINT32_MAX) {
        struct irqcts_engine_shape shape;
        struct irqcts_engine_report report;
        uint64_t seed;
        int32_t error = irqcts_soak_next(&seed, soak, &description);
        if (error == IRQCTS_ERROR_NONE) {
            error = irqcts_soak_shape(&shape, &description, seed);
        }
        if (error == IRQCTS_ERROR_NONE) {
            error = irqcts_engine_run(&report, backend, context, &shape, seed, 0, 1, IRQCTS_ENGINE_JUDGE,
                                      soak->readings);
        }
        if (error != IRQCTS_ERROR_NONE) {
            return error;
        }
        soak->steps += report.steps;
        for (uint32_t i = 0; i < IRQCTS_COVERAGE_WORDS; i++) {
            soak->coverage.words[i] |= report.coverage.words[i];
        }
        if (report.failing_step != UINT32_MAX) {
            soak->failing_step = report.failing_step;
            soak->failing_seed = seed;
            soak->judgement = report.judgement;
        }
    }
    return IRQCTS_ERROR_NONE;
}
