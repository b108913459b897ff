/* SPDX-License-Identifier: Apache-2.0 */
/* Soaking against the emulator's faults: what it finds, and what steering is worth. */
#include "check.h"
#include "faults.h"
#include "irqcts/soak.h"

#include <stdio.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

static const struct irqcts_backend_interface *emulator;
static struct irqcts_soak soak;

static const char *options_of(const struct irqcts_emulator_fault *fault)
{
    static char options[256];

    (void)snprintf(options, sizeof(options), "fault=%s%s%s", fault->id, fault->options[0] != '\0' ? "," : "",
                   fault->options);
    return options;
}

/* Two million steps each find every fault but these, and say why not of each. */
static void soaking_finds_the_faults(void)
{
    static const struct {
        const char *id;
        const char *why;
    } out_of_reach[] = {
        {"C1", "no access of the generator crosses the table's end"},
        {"I7", "what entry -1 is taken for is seldom looked at afterwards"},
        {"PLUS-ROUTE-NO-MSIX", "each shape has the MSI-X capability"},
    };

    for (uint32_t i = 0; i < irqcts_emulator_fault_count(); i++) {
        const struct irqcts_emulator_fault *fault = irqcts_emulator_fault(i);
        soak = (struct irqcts_soak){.run_seed = 1, .flags = IRQCTS_SOAK_UNSTEERED};
        char error[256] = "";
        uint32_t known = 0;
        void *context;
        int32_t status;
        CHECK_EQ(emulator->open(&context, options_of(fault), error, sizeof(error)), 0);
        status = irqcts_soak_run(&soak, emulator, context, 2000000);
        emulator->close(context);
        for (uint32_t k = 0; k < sizeof(out_of_reach) / sizeof(out_of_reach[0]); k++) {
            known |= strcmp(fault->id, out_of_reach[k].id) == 0;
        }
        if (status == 0 && soak.failing_step == UINT32_MAX && !known) {
            (void)fprintf(stderr, "fault %s is not found: %s\n", fault->id, fault->description);
            CHECK(0);
        }
    }
}

/* Faults found within so many steps each, over several runs. */
static uint32_t found_within(uint64_t budget, uint32_t flags, uint32_t runs)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < irqcts_emulator_fault_count() * runs; i++) {
        char error[256] = "";
        void *context;
        int32_t status;
        soak = (struct irqcts_soak){.run_seed = 1u + i % runs, .flags = flags};
        CHECK_EQ(emulator->open(&context, options_of(irqcts_emulator_fault(i / runs)), error, sizeof(error)), 0);
        status = irqcts_soak_run(&soak, emulator, context, budget);
        emulator->close(context);
        found += status < 0 || (soak.failing_step != UINT32_MAX && soak.steps <= budget);
    }
    return found;
}

/* The same faults, the same steps: steering finds more (docs/soak.md has the figures). */
static void steering_finds_more_with_the_same_steps(void)
{
    static const uint64_t budgets[] = {1000};
    const uint32_t runs = 3;
    uint32_t all = irqcts_emulator_fault_count() * runs;

    for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
        uint32_t plain = found_within(budgets[i], IRQCTS_SOAK_UNSTEERED, runs);
        uint32_t steered = found_within(budgets[i], 0, runs);
        (void)printf("%6u steps: %.1f %% of %u unsteered, %.1f %% steered\n", (unsigned)budgets[i],
                     100.0 * plain / all, all, 100.0 * steered / all);
        CHECK(steered > plain);
    }
}

int main(void)
{
    emulator = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    soaking_finds_the_faults();
    steering_finds_more_with_the_same_steps();
    return 0;
}
