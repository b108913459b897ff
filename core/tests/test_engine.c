/* SPDX-License-Identifier: Apache-2.0 */
/* The random engine, the shrinker and complete suites, on the oracle played back. */
#include "check.h"
#include "irqcts/complete.h"
#include "irqcts/engine.h"
#include "irqcts/session.h"
#include "irqcts/shrink.h"

const struct irqcts_backend_interface *irqcts_backend_model_entry(uint32_t abi_version);

static const struct irqcts_backend_interface *backend;
static void *context;
static struct irqcts_backend_description description;

static struct irqcts_engine_shape shape_of(uint32_t entries, uint32_t messages, uint32_t virtual_functions)
{
    struct irqcts_engine_shape shape = {.entries = entries, .messages = messages,
                                        .virtual_functions = virtual_functions, .virtual_entries = 3,
                                        .virtual_messages = 2, .length = 300, .operations = description.operations,
                                        .reset_kinds = 3, .stimulus = IRQCTS_STIMULUS_DEVICE};
    return shape;
}

/* The oracle permits its own predictions, whatever is done to it. */
static void the_oracle_agrees_with_itself(void)
{
    static const uint32_t sizes[][2] = {{1, 1}, {2, 1}, {63, 4}, {64, 64}, {65, 2}, {2048, 16}};
    struct irqcts_engine_report report;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (uint32_t virtual_functions = 0; virtual_functions < 3; virtual_functions += 2) {
            struct irqcts_engine_shape shape = shape_of(sizes[i][0], sizes[i][1], virtual_functions);
            uint64_t steps = sizes[i][0] < 1000 ? 30000 : 3000;
            CHECK_EQ(irqcts_engine_run(&report, backend, context, &shape, 11, 0, steps, IRQCTS_ENGINE_JUDGE, 0), 0);
            CHECK_EQ(report.failing_step, UINT32_MAX);
            CHECK(report.steps >= steps);
        }
    }
}

static void a_seed_is_a_program(void)
{
    struct irqcts_engine_shape shape = shape_of(8, 4, 1);
    struct irqcts_program *first;
    struct irqcts_program *second;
    static char a[1 << 16];
    static char b[1 << 16];
    size_t length;

    CHECK_EQ(irqcts_engine_program(&first, &shape, 42), 0);
    CHECK_EQ(irqcts_engine_program(&second, &shape, 42), 0);
    CHECK_EQ(irqcts_program_print(&length, first, a, sizeof(a)), 0);
    CHECK_EQ(irqcts_program_print(&length, second, b, sizeof(b)), 0);
    CHECK_TEXT(a, b);
    irqcts_program_free(second);
    CHECK_EQ(irqcts_engine_program(&second, &shape, 43), 0);
    CHECK_EQ(irqcts_program_print(&length, second, b, sizeof(b)), 0);
    CHECK(strcmp(a, b) != 0);
    irqcts_program_free(first);
    irqcts_program_free(second);
    shape.messages = 9;
    CHECK_EQ(irqcts_engine_program(&first, &shape, 42), IRQCTS_ERROR_ARGUMENT);
    shape.messages = 4;
    shape.seldom = 48;
    CHECK_EQ(irqcts_engine_program(&first, &shape, 42), IRQCTS_ERROR_ARGUMENT);
    shape.seldom = 16;
    shape.length = 0;
    CHECK_EQ(irqcts_engine_program(&first, &shape, 42), IRQCTS_ERROR_ARGUMENT);
}

/* "Fails" when a mask comes before a raise of entry 1 before a poll; `flaky` makes every other trial miss it. */
struct trial {
    uint32_t calls;
    uint32_t flaky;
    uint32_t gone_after;
};

static int32_t try_candidate(void *state, const struct irqcts_program *candidate)
{
    struct trial *trial = state;
    uint32_t stage = 0;

    trial->calls++;
    if (trial->gone_after != 0 && trial->calls > trial->gone_after) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "the device no longer answers");
    }
    if (trial->flaky && trial->calls % 2u == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < irqcts_program_count(candidate); i++) {
        const struct irqcts_operation *operation = irqcts_program_operation(candidate, i);
        stage += stage == 0 && operation->kind == IRQCTS_OPERATION_FUNCTION_MASK && operation->value == 1;
        stage += stage == 1 && operation->kind == IRQCTS_OPERATION_RAISE && operation->entry >= 1;
        stage += stage == 2 && operation->kind == IRQCTS_OPERATION_POLL;
    }
    return stage == 3;
}

static void shrinks_to_a_minimum(void)
{
    struct irqcts_engine_shape shape = shape_of(64, 4, 0);
    struct irqcts_shrink_options options = {0, 0};
    struct irqcts_shrink_report report;
    struct trial trial = {0, 0, 0};
    struct irqcts_program *program;
    struct irqcts_program *small;
    uint64_t seed = 0;
    char text[512];
    size_t length;

    do {
        CHECK_EQ(irqcts_engine_program(&program, &shape, seed++), 0);
    } while (try_candidate(&trial, program) != 1);
    CHECK_EQ(irqcts_shrink(&small, &report, program, try_candidate, &trial, &options), 0);
    CHECK_EQ(irqcts_program_print(&length, small, text, sizeof(text)), 0);
    CHECK_TEXT(text, "irqcts-program 1\nconfigure entries=0 messages=0\nfunction-mask on\nraise 1\npoll\n");
    CHECK_EQ(report.minimal, 1);
    CHECK_EQ(report.operations_after, 4);
    CHECK_EQ(report.confirmations, 1);
    CHECK(report.runs < 300);
    irqcts_program_free(small);

    options.repeats = 4;
    trial = (struct trial){.flaky = 1};
    CHECK_EQ(irqcts_shrink(&small, &report, program, try_candidate, &trial, &options), 0);
    CHECK_EQ(irqcts_program_count(small), 4);
    CHECK_EQ(report.confirmations, 2);
    irqcts_program_free(small);

    options = (struct irqcts_shrink_options){5, 0};
    trial = (struct trial){0, 0, 0};
    CHECK_EQ(irqcts_shrink(&small, &report, program, try_candidate, &trial, &options), 0);
    CHECK_EQ(report.minimal, 0);
    CHECK_EQ(report.runs, 5);
    irqcts_program_free(small);

    options = (struct irqcts_shrink_options){0, 0};
    trial = (struct trial){.gone_after = 7};
    CHECK_EQ(irqcts_shrink(&small, &report, program, try_candidate, &trial, &options), IRQCTS_ERROR_BACKEND);
    CHECK_TEXT(irqcts_last_error(), "the device no longer answers");
    irqcts_program_free(program);

    CHECK_EQ(irqcts_program_parse(&program, "irqcts-program 1\nconfigure entries=1 messages=1\n", 48), 0);
    trial = (struct trial){0, 0, 0};
    CHECK_EQ(irqcts_shrink(&small, &report, program, try_candidate, &trial, &options), IRQCTS_ERROR_ARGUMENT);
    irqcts_program_free(program);
}

static void complete_suites_run_clean(void)
{
    struct irqcts_complete_options options = {.entries = 2, .messages = 2, .observations = description.observations,
                                              .properties = description.properties,
                                              .operations = description.operations, .reset_kinds = 2,
                                              .stimulus = IRQCTS_STIMULUS_DEVICE};
    struct irqcts_complete *suite;
    struct irqcts_complete_report report;

    CHECK_EQ(irqcts_complete_create(&suite, &options), 0);
    CHECK_EQ(irqcts_complete_describe(&report, suite), 0);
    CHECK(report.states > 100);
    CHECK(report.operations <= report.operations_w);
    for (uint32_t i = 0; i < report.programs; i += 37) {
        struct irqcts_program *program;
        struct irqcts_trace *trace;
        struct irqcts_outcome outcome;
        CHECK_EQ(irqcts_complete_program(&program, suite, i), 0);
        CHECK_EQ(irqcts_session_run(&trace, backend, context, program, 0, 0), 0);
        CHECK_EQ(irqcts_trace_judge(&outcome, trace, program, 0), 0);
        CHECK_EQ(outcome.divergences, 0);
        irqcts_trace_free(trace);
        irqcts_program_free(program);
    }
    irqcts_complete_free(suite);
    options.entries = 5;
    CHECK_EQ(irqcts_complete_create(&suite, &options), IRQCTS_ERROR_ARGUMENT);
    options.entries = 4;
    options.messages = 4;
    CHECK_EQ(irqcts_complete_create(&suite, &options), IRQCTS_ERROR_CAPACITY);
    CHECK(strstr(irqcts_last_error(), "use fewer entries") != NULL);
}

int main(void)
{
    char error[64];

    backend = irqcts_backend_model_entry(IRQCTS_BACKEND_ABI_VERSION);
    CHECK_EQ(backend->open(&context, "", error, sizeof(error)), 0);
    CHECK_EQ(backend->describe(context, &description), 0);
    the_oracle_agrees_with_itself();
    a_seed_is_a_program();
    shrinks_to_a_minimum();
    complete_suites_run_clean();
    backend->close(context);
    return 0;
}
