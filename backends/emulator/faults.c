/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <stddef.h>
#include <string.h>

static const struct irqcts_emulator_fault faults[] = {
#define FAULT(symbol, id, source, description, clause, options, program)                                               \
    {id, source, description, clause, options, program, NULL},
#include "faults.def"
#define UNEXPRESSED(id, source, description, reason) {id, source, description, NULL, NULL, NULL, reason},
#include "faults.def"
};

uint32_t irqcts_emulator_fault_count(void)
{
    return FAULT_COUNT - 1u;
}

uint32_t irqcts_emulator_unexpressed_count(void)
{
    return (uint32_t)(sizeof(faults) / sizeof(faults[0])) - irqcts_emulator_fault_count();
}

const struct irqcts_emulator_fault *irqcts_emulator_fault(uint32_t index)
{
    return index < sizeof(faults) / sizeof(faults[0]) ? &faults[index] : NULL;
}

uint32_t irqcts_emulator_fault_find(const char *id, uint32_t length)
{
    uint32_t i;

    for (i = 0; i < irqcts_emulator_fault_count(); i++) {
        if (strlen(faults[i].id) == length && memcmp(faults[i].id, id, length) == 0) {
            return i + 1u;
        }
    }
    return 0;
}
