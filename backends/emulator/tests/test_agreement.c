/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulator and the oracle, written apart, agree on random programs, for
 * every choice that the specification leaves open, in several shapes; and the
 * oracle's strict readings agree with the choices that they describe.
 */
#include "irqcts/clauses.h"
#include "irqcts/engine.h"
#include "run.h"

static const struct {
    const char *options;
    uint32_t readings;
} cases[] = {
    {"", IRQCTS_READING_BUS_MASTER_OFF_LOSES | IRQCTS_READING_DISABLED_EVENT_DROPPED |
             IRQCTS_READING_PENDING_SURVIVES_DISABLE | IRQCTS_READING_SET_ENTRY_KEEPS_MASK},
    {"", 0},
    {"bus-master-off=pend", IRQCTS_READING_BUS_MASTER_OFF_PENDS},
    {"disabled-event=keep", IRQCTS_READING_DISABLED_EVENT_KEPT},
    {"pending-across-disable=clear", IRQCTS_READING_PENDING_CLEARED_BY_DISABLE},
    {"reserved-control=stored", 0},
    {"address-low=stored", 0},
    {"odd-access=performed", 0},
    {"reset-value=ones", 0},
    {"reset-value=pattern", 0},
    {"rewrite-unmasked=latched", IRQCTS_READING_SET_ENTRY_KEEPS_MASK},
    {"bar-64=off,table-bar=5,table-offset=0x8,pba-bar=0,pba-offset=0x0", 0},
    {"bus-master-off=pend,disabled-event=keep,pending-across-disable=clear,reserved-control=stored,"
     "address-low=stored,odd-access=performed,reset-value=pattern",
     0},
};

int main(void)
{
    const struct irqcts_backend_interface *backend = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    struct irqcts_engine_shape shapes[] = {
        {.entries = 1, .messages = 1, .virtual_functions = 1, .virtual_entries = 1, .virtual_messages = 1},
        {.entries = 4, .messages = 2, .virtual_functions = 2, .virtual_entries = 3, .virtual_messages = 3},
        {.entries = 65, .messages = 64, .virtual_functions = 0},
        {.entries = 130, .messages = 130, .virtual_functions = 64, .virtual_entries = 2, .virtual_messages = 2},
        {.entries = 2048, .messages = 2047, .virtual_functions = 0},
    };
    size_t i;
    size_t s;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct irqcts_backend_description description;
        void *context = open_emulator(cases[i].options);
        CHECK(backend->describe(context, &description) == 0);
        for (s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
            struct irqcts_engine_report report;
            shapes[s].length = 150;
            shapes[s].operations = description.operations;
            shapes[s].reset_kinds = description.reset_kinds;
            shapes[s].stimulus = description.stimulus;
            if (irqcts_engine_run(&report, backend, context, &shapes[s], 1000 + i, 0, 60000, IRQCTS_ENGINE_JUDGE,
                                  cases[i].readings) < 0) {
                (void)fprintf(stderr, "%s\n", irqcts_last_error());
                return 1;
            }
            if (report.failing_step != UINT32_MAX) {
                (void)fprintf(stderr,
                              "options \"%s\", shape %u: seed 0x%llx diverges at step %u, clause %s, kind %u\n",
                              cases[i].options, (unsigned)s, (unsigned long long)report.failing_seed,
                              report.failing_step, irqcts_clause_id(report.judgement.clause), report.judgement.kind);
                return 1;
            }
            CHECK_EQ(report.not_supported, 0);
        }
        close_emulator(context);
    }
    return 0;
}
