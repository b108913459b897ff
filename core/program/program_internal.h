/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IRQCTS_PROGRAM_INTERNAL_H
#define IRQCTS_PROGRAM_INTERNAL_H

#include "operation_table.h"

struct irqcts_program {
    struct irqcts_operation *operations;
    struct irqcts_expectation *expectations; /* one an operation */
    struct irqcts_expected_delivery *deliveries;
    uint32_t count;
    uint32_t capacity;
    uint32_t delivery_count;
    uint32_t delivery_capacity;
};

#endif
