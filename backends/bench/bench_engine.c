/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of the engine on the emulator, as one JSON object on standard output:
 * judged steps a second, the same loop without oracle and comparison in turn
 * with it (their ratio survives a noisy machine), and the oracle's size.
 */
#define _POSIX_C_SOURCE 199309L
#include "irqcts/complete.h"
#include "irqcts/engine.h"

#include <stdio.h>
#include <time.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

enum { ROUNDS = 9, STEPS = 4000000 };

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double median(double *values, int count)
{
    for (int i = 1; i < count; i++) {
        for (int j = i; j > 0 && values[j - 1] > values[j]; j--) {
            double swap = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    }
    return values[count / 2];
}

static int fail(const char *what)
{
    (void)fprintf(stderr, "irqcts-bench-engine: %s: %s\n", what, irqcts_last_error());
    return 1;
}

static void figure(const char *name, double value, const char *unit, const char *limit, const char *last)
{
    (void)printf("  {\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", \"limit\": %s}%s\n", name, value, unit, limit,
                 last);
}

int main(void)
{
    const struct irqcts_backend_interface *emulator = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    struct irqcts_engine_shape shape = {.entries = 8, .messages = 4, .length = 1000};
    struct irqcts_model_configuration largest = {.entries = 2048, .messages = 2048, .virtual_functions = 64,
                                                 .virtual_entries = 2048, .virtual_messages = 2048};
    struct irqcts_complete_options options = {.entries = 2, .messages = 2, .reset_kinds = 2};
    struct irqcts_backend_description description;
    struct irqcts_engine_report report;
    struct irqcts_complete *suite;
    struct irqcts_complete_report complete[3]; /* k = 0 as walks, k = 0, k = 1 */
    double judged[ROUNDS];
    double bare[ROUNDS];
    double ratio[ROUNDS];
    double generation[3];
    char error[256] = "";
    void *context;

    if (emulator->open(&context, "", error, sizeof(error)) < 0 || emulator->describe(context, &description) < 0) {
        (void)fprintf(stderr, "irqcts-bench-engine: the emulator does not open: %s\n", error);
        return 1;
    }
    shape.operations = description.operations;
    shape.reset_kinds = description.reset_kinds;
    shape.stimulus = description.stimulus;
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
        if (irqcts_engine_run(&report, emulator, context, &shape, 1, 0, STEPS, IRQCTS_ENGINE_JUDGE, 0) < 0) {
            return fail("judged loop");
        }
        if (report.failing_step != UINT32_MAX) {
            (void)fprintf(stderr, "irqcts-bench-engine: program 0x%llx diverges at step %u\n",
                          (unsigned long long)report.failing_seed, report.failing_step);
            return 1;
        }
        judged[round] = (double)report.steps / (seconds() - start);
        start = seconds();
        if (irqcts_engine_run(&report, emulator, context, &shape, 1, 0, STEPS, 0, 0) < 0) {
            return fail("bare loop");
        }
        bare[round] = (double)report.steps / (seconds() - start);
        ratio[round] = judged[round] / bare[round];
    }
    options.observations = description.observations;
    options.properties = description.properties;
    options.operations = description.operations;
    options.stimulus = description.stimulus;
    for (uint32_t which = 0; which < 3; which++) {
        double start = seconds();
        options.walk = which == 0;
        options.extra_states = which == 2;
        if (irqcts_complete_create(&suite, &options) < 0 || irqcts_complete_describe(&complete[which], suite) < 0) {
            return fail("complete suite");
        }
        generation[which] = seconds() - start;
        irqcts_complete_free(suite);
    }
    emulator->close(context);

    (void)printf("{\"figures\": [\n");
    figure("engine: judged steps", median(judged, ROUNDS), "steps/s", "\">= 20e6\"", ",");
    figure("engine: steps without oracle", median(bare, ROUNDS), "steps/s", "null", ",");
    figure("engine: judged over bare", median(ratio, ROUNDS), "ratio", "\">= 0.5\"", ",");
    figure("oracle: state at N = 2048, 64 virtual functions, no saved state", (double)irqcts_model_size(&largest),
           "bytes", "null", ",");
    largest.virtual_functions = 0;
    largest.virtual_entries = 0;
    largest.virtual_messages = 0;
    figure("oracle: state at N = 2048, one function", (double)irqcts_model_size(&largest), "bytes", "null", ",");
    figure("complete suite N = 2, M = 2, k = 0: generation", generation[0], "s", "\"< 1\"", ",");
    figure("complete suite N = 2, M = 2, k = 0: size, walks", (double)complete[0].operations, "operations", "null", ",");
    figure("complete suite N = 2, M = 2, k = 0: size, W-method", (double)complete[1].operations_w, "operations", "null",
           ",");
    figure("complete suite N = 2, M = 2, k = 1: generation", generation[2], "s", "\"< 10\"", ",");
    figure("complete suite N = 2, M = 2, k = 1: size", (double)complete[2].operations, "operations", "null", ",");
    figure("complete suite N = 2, M = 2, k = 1: size, W-method", (double)complete[2].operations_w, "operations", "null",
           "");
    (void)printf("]}\n");
    return 0;
}
