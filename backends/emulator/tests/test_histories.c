/* SPDX-License-Identifier: Apache-2.0 */
/* Concurrent histories of the emulator: accepted with its lock, found out without. */
#include "check.h"
#include "irqcts/backend.h"
#include "irqcts/history.h"
#include "irqcts/model.h"

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

static const struct irqcts_backend_interface *emulator;

static struct irqcts_history_report record_and_check(const char *options, const struct irqcts_history_shape *shape,
                                                     const struct irqcts_history_plan *plan, char *text, size_t size)
{
    struct irqcts_history_report report;
    struct irqcts_history *history;
    char error[256] = "";
    void *context;
    size_t length;

    CHECK_EQ(emulator->open(&context, options, error, sizeof(error)), 0);
    if (irqcts_history_record(&history, emulator, context, shape, plan) != 0 ||
        irqcts_history_check(&report, history) != 0) {
        (void)fprintf(stderr, "%s\n", irqcts_last_error());
        exit(1);
    }
    CHECK(irqcts_history_count(history) > plan->operations);
    (void)irqcts_history_text(&length, history, text, size);
    irqcts_history_free(history);
    emulator->close(context);
    return report;
}

/* Any number of threads, entries with messages of their own and in common. */
static void the_lock_makes_operations_atomic(void)
{
    static char text[1 << 16];
    uint32_t exact = 0;

    for (uint32_t round = 0; round < 24; round++) {
        struct irqcts_history_shape shape = {.entries = 1u + round % 7u,
                                             .readings = IRQCTS_READING_SET_ENTRY_KEEPS_MASK};
        struct irqcts_history_plan plan = {.seed = round, .threads = 1u + round % 6u, .operations = 1500,
                                           .sharing = 1u + round % 2u, .polls = round % 3u == 0 ? 0 : 300};
        struct irqcts_history_report report;
        shape.messages = round % 5u == 0 ? 1 : shape.entries;
        if (shape.messages == 1 && shape.entries > 3) {
            shape.entries = 3; /* all of them share message 0 */
        }
        report = record_and_check("locking=operation", &shape, &plan, text, sizeof(text));
        if (report.verdict != IRQCTS_HISTORY_CONFORMS) {
            (void)fprintf(stderr, "round %u:\n%s", round, text);
        }
        CHECK_EQ(report.verdict, IRQCTS_HISTORY_CONFORMS);
        CHECK(report.states > 0 && report.configurations > 0);
        exact += report.merged == 0 && plan.sharing == 1 && plan.polls > 0;
    }
    CHECK(exact > 0); /* how late a poll comes, and so whether configurations are merged, is the scheduler's choice */
}

/* Function Mask and Enable between them, which are calls of every group. */
static void the_whole_function_is_masked_and_disabled_meanwhile(void)
{
    static char text[1 << 16];

    for (uint32_t round = 0; round < 10; round++) {
        struct irqcts_history_shape shape = {.entries = 1u + round % 5u, .flags = IRQCTS_HISTORY_WHOLE_FUNCTION,
                                             .readings = IRQCTS_READING_SET_ENTRY_KEEPS_MASK};
        struct irqcts_history_plan plan = {.seed = round, .threads = 1u + round % 4u, .operations = 1500,
                                           .sharing = 1u + round % 2u, .polls = 300};
        struct irqcts_history_report report;
        shape.messages = round % 5u == 0 ? 1 : shape.entries;
        report = record_and_check("locking=operation", &shape, &plan, text, sizeof(text));
        if (report.verdict != IRQCTS_HISTORY_CONFORMS) {
            (void)fprintf(stderr, "round %u:\n%s", round, text);
        }
        CHECK_EQ(report.verdict, IRQCTS_HISTORY_CONFORMS);
    }
}

/* What goes wrong when the function as a whole is released; which calls meet is the scheduler's choice, so there are
 * several tries. */
static void faults_of_the_whole_function_are_found(void)
{
    static const char *const options[] = {
        "locking=operation,fault=E1",                "locking=operation,fault=PLUS-PEND-ONE",
        "locking=operation,fault=PLUS-PEND-HELD",    "locking=operation,fault=PLUS-PEND-FM-ALL",
        "locking=operation,fault=PLUS-PEND-FM-LOST", "locking=operation,fault=F6B"};
    const struct irqcts_history_shape shape = {.entries = 4, .messages = 4, .flags = IRQCTS_HISTORY_WHOLE_FUNCTION,
                                               .readings = IRQCTS_READING_SET_ENTRY_KEEPS_MASK};
    static char text[1 << 16];

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        uint32_t found = 0;
        for (uint64_t seed = 1; seed <= 20 && !found; seed++) {
            const struct irqcts_history_plan plan = {.seed = seed, .threads = 3, .operations = 1000, .sharing = 1,
                                                     .polls = 1000};
            uint32_t verdict = record_and_check(options[i], &shape, &plan, text, sizeof(text)).verdict;
            found = verdict == IRQCTS_HISTORY_LOST || verdict == IRQCTS_HISTORY_DUPLICATED;
        }
        if (!found) {
            (void)fprintf(stderr, "%s is accepted\n", options[i]);
            CHECK(0);
        }
    }
}

/* A lock for each register access only: no data race, and yet a mask may be undone by a SetTableEntry beside it. */
static void a_lock_for_single_accesses_is_found_out(void)
{
    const struct irqcts_history_shape shape = {.entries = 2, .messages = 2,
                                               .readings = IRQCTS_READING_SET_ENTRY_KEEPS_MASK};
    static char text[1 << 16];
    uint32_t found = 0;
    uint32_t shortest = UINT32_MAX;

    for (uint32_t round = 0; round < 20 && found < 3; round++) {
        const struct irqcts_history_plan plan = {.seed = round, .threads = 4, .operations = 2000, .sharing = 2,
                                                 .polls = 500};
        struct irqcts_history_report report = record_and_check("locking=access", &shape, &plan, text, sizeof(text));
        if (report.verdict != IRQCTS_HISTORY_CONFORMS) {
            found++;
            CHECK(report.kept > 0);
            shortest = report.kept < shortest ? report.kept : shortest;
        }
    }
    CHECK(found > 0);
    CHECK(shortest <= 60); /* nothing can be left out of any of them; the threads decide how long that is */
}

/* Faults of the device and its driver are seen in concurrent histories too, and called by their names. */
static void faults_are_found(void)
{
    static const struct {
        const char *options;
        uint32_t verdict;
    } faults[] = {
        {"locking=operation,fault=PLUS-ROUTE-SET-IGNORED", IRQCTS_HISTORY_MISROUTED},
        {"locking=operation,fault=PLUS-ROUTE-SET-ALL", IRQCTS_HISTORY_MISROUTED},
        {"locking=operation,fault=F7", IRQCTS_HISTORY_LOST},
        {"locking=operation,fault=K9", IRQCTS_HISTORY_DUPLICATED},
        {"locking=operation,fault=K10", IRQCTS_HISTORY_LOST},
        {"locking=operation,fault=G16", IRQCTS_HISTORY_STRAY},
    };
    const struct irqcts_history_shape shape = {.entries = 4, .messages = 4,
                                               .readings = IRQCTS_READING_SET_ENTRY_KEEPS_MASK};
    static char text[1 << 16];

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct irqcts_history_report report = {.verdict = IRQCTS_HISTORY_CONFORMS};
        /* Which orders the threads come in is the scheduler's choice: some histories show nothing, and of a
         * misrouted message some only that it is missing. */
        for (uint32_t seed = 1; seed <= 20 && report.verdict != faults[i].verdict; seed++) {
            const struct irqcts_history_plan plan = {.seed = seed, .threads = 4, .operations = 3000, .sharing = 2,
                                                     .polls = 3000};
            report = record_and_check(faults[i].options, &shape, &plan, text, sizeof(text));
        }
        if (report.verdict != faults[i].verdict) {
            (void)fprintf(stderr, "%s: %u calls kept: %s\n", faults[i].options, report.kept, text);
        }
        CHECK_EQ(report.verdict, faults[i].verdict);
    }
}

static void only_a_backend_that_says_so_is_used_by_several_threads(void)
{
    const struct irqcts_history_shape shape = {.entries = 1, .messages = 1};
    const struct irqcts_history_plan plan = {.threads = 2, .operations = 10, .sharing = 1, .polls = 1};
    struct irqcts_history *history;
    char error[64];
    void *context;

    CHECK_EQ(emulator->open(&context, "", error, sizeof(error)), 0);
    CHECK_EQ(irqcts_history_record(&history, emulator, context, &shape, &plan), IRQCTS_ERROR_ARGUMENT);
    CHECK(strstr(irqcts_last_error(), "one thread at a time") != NULL);
    emulator->close(context);
}

int main(void)
{
    emulator = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    the_lock_makes_operations_atomic();
    the_whole_function_is_masked_and_disabled_meanwhile();
    faults_of_the_whole_function_are_found();
    a_lock_for_single_accesses_is_found_out();
    faults_are_found();
    only_a_backend_that_says_so_is_used_by_several_threads();
    return 0;
}
