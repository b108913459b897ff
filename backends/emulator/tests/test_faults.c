/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every planted fault is observable: its program gives other results with the
 * fault than without.  The oracle has no say here.
 */
#include "faults.h"
#include "irqcts/clauses.h"
#include "run.h"

static int check_fault(const struct irqcts_emulator_fault *fault)
{
    static struct outcome clean;
    static struct outcome again;
    static struct outcome faulted;
    char options[256];
    void *context;

    if (irqcts_clause_find(fault->clause, strlen(fault->clause)) == 0) {
        (void)fprintf(stderr, "%s names the clause %s, which does not exist\n", fault->id, fault->clause);
        return 0;
    }
    context = open_emulator(fault->options);
    run_text(&clean, context, fault->program);
    run_text(&again, context, fault->program); /* CONFIGURE leaves nothing behind */
    close_emulator(context);
    CHECK(first_difference(&clean, &again) == UINT32_MAX);

    (void)snprintf(options, sizeof(options), "%s%sfault=%s", fault->options, fault->options[0] != '\0' ? "," : "",
                   fault->id);
    context = open_emulator(options);
    run_text(&faulted, context, fault->program);
    if (first_difference(&clean, &faulted) == UINT32_MAX) {
        (void)fprintf(stderr, "fault %s (%s) is not shown by its program\n", fault->id, fault->description);
        close_emulator(context);
        return 0;
    }
    run_text(&again, context, fault->program); /* nor does a faulted device */
    close_emulator(context);
    if (first_difference(&faulted, &again) != UINT32_MAX) {
        (void)fprintf(stderr, "fault %s behaves differently the second time (step %u)\n", fault->id,
                      first_difference(&faulted, &again));
        return 0;
    }
    return 1;
}

int main(void)
{
    uint32_t count = irqcts_emulator_fault_count();
    uint32_t failures = 0;
    uint32_t i;
    uint32_t j;

    CHECK(count >= 90);
    for (i = 0; i < count; i++) {
        const struct irqcts_emulator_fault *fault = irqcts_emulator_fault(i);
        CHECK(fault->unexpressed == NULL);
        CHECK_EQ(irqcts_emulator_fault_find(fault->id, (uint32_t)strlen(fault->id)), i + 1u);
        failures += !check_fault(fault);
    }
    for (; i < count + irqcts_emulator_unexpressed_count(); i++) {
        const struct irqcts_emulator_fault *fault = irqcts_emulator_fault(i);
        CHECK(fault->unexpressed != NULL && strlen(fault->unexpressed) > 10);
        CHECK_EQ(irqcts_emulator_fault_find(fault->id, (uint32_t)strlen(fault->id)), 0);
        for (j = 0; j < i; j++) {
            CHECK(strcmp(fault->id, irqcts_emulator_fault(j)->id) != 0);
        }
    }
    CHECK(irqcts_emulator_fault(i) == NULL);
    (void)printf("%u faults shown by their programs, %u cannot be expressed\n", count - failures,
                 irqcts_emulator_unexpressed_count());
    return failures != 0;
}
