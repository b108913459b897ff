/* SPDX-License-Identifier: Apache-2.0 */
/* irqcts-emulator-faults: the fault table as JSON (no arguments), for the harness and the documents. */
#include "faults.h"

#include <stdio.h>

static void print_string(const char *key, const char *text, const char *after)
{
    (void)printf("    \"%s\": \"", key);
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            (void)printf("\\n");
        } else {
            (void)printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
        }
    }
    (void)printf("\"%s\n", after);
}

int main(void)
{
    uint32_t total = irqcts_emulator_fault_count() + irqcts_emulator_unexpressed_count();
    uint32_t i;

    (void)printf("{\"schema\": 1, \"faults\": [\n");
    for (i = 0; i < total; i++) {
        const struct irqcts_emulator_fault *fault = irqcts_emulator_fault(i);
        (void)printf("  {\n");
        print_string("id", fault->id, ",");
        print_string("source", fault->source, ",");
        print_string("description", fault->description, ",");
        if (fault->unexpressed != NULL) {
            print_string("unexpressed", fault->unexpressed, "");
        } else {
            print_string("clause", fault->clause, ",");
            print_string("options", fault->options, ",");
            print_string("program", fault->program, "");
        }
        (void)printf(i + 1u < total ? "  },\n" : "  }\n");
    }
    (void)printf("]}\n");
    return ferror(stdout) != 0;
}
