/* SPDX-License-Identifier: Apache-2.0 */
/* Soaking, on the oracle played back: a seed is a shape and a program, and what reaches something new is run. */
#include "check.h"
#include "irqcts/session.h"
#include "irqcts/soak.h"

const struct irqcts_backend_interface *irqcts_backend_model_entry(uint32_t abi_version);

static const struct irqcts_backend_interface *backend;
static void *context;
static struct irqcts_backend_description description;

static void a_seed_is_a_shape_and_a_program(void)
{
    struct irqcts_engine_shape one;
    struct irqcts_engine_shape other;
    struct irqcts_program *first;
    struct irqcts_program *second;
    static char a[1 << 17];
    static char b[1 << 17];
    size_t length;

    CHECK_EQ(irqcts_soak_shape(&one, &description, UINT64_C(0x1234567800000001)), 0);
    CHECK_EQ(irqcts_soak_shape(&other, &description, UINT64_C(0x12345678ffffffff)), 0);
    CHECK(memcmp(&one, &other, sizeof(one)) == 0); /* the upper half is the shape */
    CHECK_EQ(irqcts_soak_program(&first, &description, UINT64_C(0x1234567800000001)), 0);
    CHECK_EQ(irqcts_soak_program(&second, &description, UINT64_C(0x1234567800000001)), 0);
    CHECK_EQ(irqcts_program_print(&length, first, a, sizeof(a)), 0);
    CHECK_EQ(irqcts_program_print(&length, second, b, sizeof(b)), 0);
    CHECK_TEXT(a, b);
    irqcts_program_free(second);
    CHECK_EQ(irqcts_soak_program(&second, &description, UINT64_C(0x1234567800000002)), 0);
    CHECK_EQ(irqcts_program_print(&length, second, b, sizeof(b)), 0);
    CHECK(strcmp(a, b) != 0);
    irqcts_program_free(first);
    irqcts_program_free(second);
}

/* A virtual function has fewer messages than the physical one: a program names only those that there are. */
static void programs_name_only_messages_that_there_are(void)
{
    struct irqcts_engine_shape shape = {.entries = 8, .messages = 8, .virtual_functions = 2, .virtual_entries = 3,
                                        .virtual_messages = 2, .length = 30, .operations = description.operations,
                                        .reset_kinds = 3, .stimulus = IRQCTS_STIMULUS_DEVICE};
    struct irqcts_program *program;
    uint32_t named = 0;

    for (uint64_t seed = 0; seed < 4000; seed++) {
        CHECK_EQ(irqcts_engine_program(&program, &shape, irqcts_engine_seed(9, seed)), 0);
        for (uint32_t i = 0; i < irqcts_program_count(program); i++) {
            const struct irqcts_operation *operation = irqcts_program_operation(program, i);
            if ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0) {
                CHECK(operation->message_function <= 2);
                CHECK(operation->message < (operation->message_function == 0 ? 8u : 2u));
                named++;
            }
        }
        irqcts_program_free(program);
    }
    CHECK(named > 10000);
}

/* Every size at which implementations went wrong is tried, and whatever the backend has room for. */
static void shapes_cover_the_borders(void)
{
    static const uint32_t sizes[] = {1, 2, 63, 64, 65, 2047, 2048};
    struct irqcts_backend_description small = description;
    struct irqcts_engine_shape shape;
    uint32_t seen = 0;
    uint32_t partial = 0;

    for (uint64_t seed = 0; seed < 2000; seed++) {
        CHECK_EQ(irqcts_soak_shape(&shape, &description, irqcts_engine_seed(1, seed)), 0);
        for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            seen |= (uint32_t)(shape.entries == sizes[i]) << i;
        }
        partial += shape.operations != description.operations;
        CHECK(shape.messages >= 1 && shape.messages <= shape.entries);
    }
    CHECK_EQ(seen, (1u << sizeof(sizes) / sizeof(sizes[0])) - 1u);
    CHECK(partial > 500 && partial < 1500);

    small.entries_max = 5;
    small.messages_max = 3;
    small.virtual_functions_max = 0;
    small.properties &= ~(uint32_t)IRQCTS_PROPERTY_CONFIGURABLE;
    for (uint64_t seed = 0; seed < 200; seed++) {
        CHECK_EQ(irqcts_soak_shape(&shape, &small, irqcts_engine_seed(1, seed)), 0);
        CHECK(shape.entries == 5 && shape.messages <= 3 && shape.virtual_functions == 0);
    }
    small.entries_max = 0;
    CHECK_EQ(irqcts_soak_shape(&shape, &small, 1), IRQCTS_ERROR_ARGUMENT);
}

static struct irqcts_soak soak;
static struct irqcts_soak again;

static void a_run_is_the_same_in_pieces(void)
{
    uint64_t covered = 0;

    soak = (struct irqcts_soak){.run_seed = 5};
    again = soak;
    CHECK_EQ(irqcts_soak_run(&soak, backend, context, 20000), 0);
    CHECK_EQ(soak.failing_step, UINT32_MAX);
    CHECK(soak.steps >= 20000);
    for (uint32_t i = 0; i < IRQCTS_COVERAGE_WORDS; i++) {
        covered |= soak.coverage.words[i];
        CHECK((soak.coverage.words[i] & ~soak.foreseen.words[i]) == 0); /* on the oracle itself it comes as foreseen */
    }
    CHECK(covered != 0);
    while (again.programs < soak.programs) {
        CHECK_EQ(irqcts_soak_run(&again, backend, context, 1), 0);
    }
    CHECK(memcmp(&again, &soak, sizeof(soak)) == 0);
}

static uint32_t transitions(const struct irqcts_soak *run)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < IRQCTS_SOAK_TRANSITIONS; i++) {
        count += run->taken[i] != 0;
    }
    return count;
}

static uint32_t clauses(const struct irqcts_soak *run)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < 64u * IRQCTS_COVERAGE_WORDS; i++) {
        count += (uint32_t)(run->coverage.words[i / 64u] >> (i % 64u)) & 1u;
    }
    return count;
}

/* It enforces more clauses than unsteered runs of as many steps; what it is worth with faults is
 * measured in backends/emulator/tests/test_soaking.c. */
static void what_reaches_something_new_is_run(void)
{
    uint32_t steered = 0;
    uint32_t plain = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        soak = (struct irqcts_soak){.run_seed = seed};
        again = (struct irqcts_soak){.run_seed = seed, .flags = IRQCTS_SOAK_UNSTEERED};
        CHECK_EQ(irqcts_soak_run(&soak, backend, context, 1000), 0);
        CHECK_EQ(irqcts_soak_run(&again, backend, context, 1000), 0);
        CHECK_EQ(transitions(&again), 0); /* nobody looks */
        CHECK(transitions(&soak) > 300);
        steered += clauses(&soak);
        plain += clauses(&again);
    }
    CHECK(steered > plain);
}

int main(void)
{
    char error[64];

    backend = irqcts_backend_model_entry(IRQCTS_BACKEND_ABI_VERSION);
    CHECK_EQ(backend->open(&context, "", error, sizeof(error)), 0);
    CHECK_EQ(backend->describe(context, &description), 0);
    a_seed_is_a_shape_and_a_program();
    programs_name_only_messages_that_there_are();
    shapes_cover_the_borders();
    a_run_is_the_same_in_pieces();
    what_reaches_something_new_is_run();
    backend->close(context);
    return 0;
}
