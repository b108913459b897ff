/* SPDX-License-Identifier: Apache-2.0 */
/* How long the check of a concurrent history takes: 10,000 operations over 4 threads, recorded on the emulator. */
#define _POSIX_C_SOURCE 199309L
#include "irqcts/backend.h"
#include "irqcts/history.h"
#include "irqcts/model.h"

#include <stdio.h>
#include <time.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

enum { ROUNDS = 5 };

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(void)
{
    const struct irqcts_backend_interface *emulator = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    struct irqcts_history_shape shape = {.entries = 8, .messages = 8,
                                               .readings = IRQCTS_READING_SET_ENTRY_KEEPS_MASK};
    double slowest[3] = {0, 0, 0};
    char error[256] = "";
    void *context;

    if (emulator->open(&context, "locking=operation", error, sizeof(error)) < 0) {
        (void)fprintf(stderr, "irqcts-bench-histories: %s\n", error);
        return 1;
    }
    for (uint32_t kind = 0; kind < 3; kind++) { /* messages of their own, in common, and the whole function */
        uint32_t sharing = kind == 1 ? 2 : 1;
        shape.flags = kind == 2 ? IRQCTS_HISTORY_WHOLE_FUNCTION : 0;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            const struct irqcts_history_plan plan = {.seed = round, .threads = 4, .operations = 10000,
                                                     .sharing = sharing, .polls = 10000};
            struct irqcts_history_report report;
            struct irqcts_history *history;
            double start;
            if (irqcts_history_record(&history, emulator, context, &shape, &plan) < 0) {
                (void)fprintf(stderr, "irqcts-bench-histories: %s\n", irqcts_last_error());
                return 1;
            }
            start = seconds();
            if (irqcts_history_check(&report, history) < 0 || report.verdict != IRQCTS_HISTORY_CONFORMS) {
                (void)fprintf(stderr, "irqcts-bench-histories: verdict %u: %s\n", report.verdict, irqcts_last_error());
                return 1;
            }
            start = seconds() - start;
            slowest[kind] = start > slowest[kind] ? start : slowest[kind];
            irqcts_history_free(history);
        }
    }
    emulator->close(context);
    (void)printf("{\"figures\": [\n"
                 "  {\"name\": \"history: 10,000 operations over 4 threads, messages of their own, slowest of %d\", "
                 "\"value\": %.6g, \"unit\": \"s\", \"limit\": \"< 1\"},\n"
                 "  {\"name\": \"history: the same, two entries share their messages\", "
                 "\"value\": %.6g, \"unit\": \"s\", \"limit\": \"< 1\"},\n"
                 "  {\"name\": \"history: the same, with Function Mask and Enable\", "
                 "\"value\": %.6g, \"unit\": \"s\", \"limit\": \"< 1\"}\n]}\n",
                 ROUNDS, slowest[0], slowest[1], slowest[2]);
    return 0;
}
