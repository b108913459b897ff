/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulator against complete suites, whole.
 *
 * Claim, for N = 2, M = 2 and the alphabet that
 * irqcts_complete_describe counts: no deterministic implementation with at most
 * k more states than the oracle, as this observer sees it, passes unless it
 * does on every decided input what the oracle permits.  Left out: inputs whose
 * outcome is open, pairs of states that nothing tells apart (docs/decisions/0012).
 */
#include "check.h"
#include "irqcts/complete.h"
#include "irqcts/session.h"

#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

static const struct irqcts_backend_interface *emulator;

/* A suite for what this open emulator can do and show. */
static void fill(struct irqcts_complete_options *out, void *context)
{
    struct irqcts_backend_description description;

    CHECK_EQ(emulator->describe(context, &description), 0);
    out->observations = description.observations;
    out->properties = description.properties;
    out->operations = description.operations;
    out->stimulus = description.stimulus;
}

static void fill_from_the_emulator(struct irqcts_complete_options *out)
{
    char error[256] = "";
    void *context;

    CHECK_EQ(emulator->open(&context, "", error, sizeof(error)), 0);
    fill(out, context);
    emulator->close(context);
}

/* How many programs of the suite diverge; all are run, or those up to the first that does. */
static uint32_t diverging(const char *options, uint32_t extra_states, uint32_t walk, uint32_t all, uint32_t *programs)
{
    struct irqcts_complete_options wanted = {.entries = 2, .messages = 2, .extra_states = extra_states, .walk = walk,
                                             .reset_kinds = 1u << IRQCTS_RESET_FUNCTION_LEVEL};
    struct irqcts_complete_report report;
    struct irqcts_complete *suite;
    char error[256] = "";
    uint32_t found = 0;
    void *context;

    CHECK_EQ(emulator->open(&context, options, error, sizeof(error)), 0);
    fill(&wanted, context);
    CHECK_EQ(irqcts_complete_create(&suite, &wanted), 0);
    CHECK_EQ(irqcts_complete_describe(&report, suite), 0);
    CHECK_EQ(report.merged_pairs, 0);
    CHECK_EQ(report.walked, walk);
    for (uint32_t i = 0; i < report.programs + report.open_programs && (all != 0 || found == 0); i++) {
        struct irqcts_program *program;
        struct irqcts_trace *trace;
        struct irqcts_outcome outcome;
        CHECK_EQ(irqcts_complete_program(&program, suite, i), 0);
        CHECK_EQ(irqcts_session_run(&trace, emulator, context, program, 0, 0), 0);
        CHECK_EQ(irqcts_trace_judge(&outcome, trace, program, 0), 0);
        CHECK_EQ(outcome.first_not_observed, UINT32_MAX);
        found += outcome.divergences > 0;
        irqcts_trace_free(trace);
        irqcts_program_free(program);
    }
    *programs = report.programs;
    irqcts_complete_free(suite);
    emulator->close(context);
    return found;
}

static void the_emulator_passes_complete_suites(void)
{
    uint32_t programs[3];

    CHECK_EQ(diverging("", 0, 1, 1, &programs[0]), 0);
    CHECK_EQ(diverging("", 0, 0, 1, &programs[1]), 0);
    CHECK_EQ(diverging("", 1, 0, 1, &programs[2]), 0);
    CHECK(programs[0] > 50 && programs[1] > 10 * programs[0] && programs[2] > programs[1]);
}

/* Faults in what the alphabet reaches at this size. */
static void faulty_ones_do_not(void)
{
    static const char *const options[] = {"fault=F7", "fault=D6", "fault=PLUS-ROUTE-SET-IGNORED",
                                          "fault=PLUS-ROUTE-SET-ALL", "fault=K6B"};
    uint32_t programs;

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        for (uint32_t walk = 0; walk < 2; walk++) {
            if (diverging(options[i], 0, walk, 0, &programs) == 0) {
                (void)fprintf(stderr, "%s passes the complete suite%s\n", options[i], walk ? " of walks" : "");
                CHECK(0);
            }
        }
    }
}

/* Faults that remember something have a state more than the oracle: k = 0 claims nothing of them, k = 1 finds them. */
static void a_fault_with_a_memory_takes_more_states(void)
{
    static const char *const options[] = {"fault=K10", "fault=H22"};
    uint32_t programs;

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        CHECK_EQ(diverging(options[i], 0, 0, 0, &programs), 0);
        CHECK_EQ(diverging(options[i], 1, 0, 0, &programs), 1);
    }
}

/* The first entries of a larger table: the same machine, whatever stands behind them. */
static void a_larger_table_is_the_same_machine(void)
{
    struct irqcts_complete_options options = {.entries = 2, .messages = 2, .reset_kinds = 2, .walk = 1};
    struct irqcts_complete_report report[2];
    struct irqcts_complete *suite;
    struct irqcts_program *program;

    fill_from_the_emulator(&options);
    for (uint32_t large = 0; large < 2; large++) {
        options.table_entries = large ? 65 : 0;
        CHECK_EQ(irqcts_complete_create(&suite, &options), 0);
        CHECK_EQ(irqcts_complete_describe(&report[large], suite), 0);
        CHECK_EQ(irqcts_complete_program(&program, suite, 0), 0);
        CHECK_EQ(irqcts_program_operation(program, 0)->entry, large ? 65 : 2);
        irqcts_program_free(program);
        irqcts_complete_free(suite);
    }
    CHECK_EQ(memcmp(&report[0], &report[1], sizeof(report[0])), 0);
    options.table_entries = 1;
    CHECK_EQ(irqcts_complete_create(&suite, &options), IRQCTS_ERROR_ARGUMENT);
}

/* A state space that does not fit is refused, and the sentence says what to reduce. */
static void what_does_not_fit_is_refused(void)
{
    struct irqcts_complete_options options = {.entries = 4, .messages = 4, .extra_states = 0, .reset_kinds = 2};
    struct irqcts_complete *suite;

    fill_from_the_emulator(&options);
    CHECK_EQ(irqcts_complete_create(&suite, &options), IRQCTS_ERROR_CAPACITY);
    CHECK(strstr(irqcts_last_error(), "20000 states at N = 4, M = 4; use fewer entries, messages") != NULL);
    options.entries = 5;
    CHECK_EQ(irqcts_complete_create(&suite, &options), IRQCTS_ERROR_ARGUMENT);
    CHECK(strstr(irqcts_last_error(), "entries are 1..4") != NULL);
}

int main(void)
{
    emulator = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    the_emulator_passes_complete_suites();
    faulty_ones_do_not();
    a_fault_with_a_memory_takes_more_states();
    a_larger_table_is_the_same_machine();
    what_does_not_fit_is_refused();
    return 0;
}
