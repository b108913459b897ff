/* SPDX-License-Identifier: Apache-2.0 */
#include "transitions.h"

#include "../model/model_internal.h"

/* The entry that an operation names; NO_ENTRY: none, or none of the table. */
static uint32_t entry_of(const struct model_function *function, const struct irqcts_operation *operation)
{
    uint64_t entry = NO_ENTRY;

    switch (operation->kind) {
    case IRQCTS_OPERATION_SET_ENTRY:
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
    case IRQCTS_OPERATION_RAISE:
    case IRQCTS_OPERATION_WITHDRAW:
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
        entry = operation->entry;
        break;
    case IRQCTS_OPERATION_TABLE_READ:
    case IRQCTS_OPERATION_TABLE_WRITE:
        entry = operation->address / IRQCTS_ENTRY_BYTES;
        break;
    default:
        break;
    }
    return entry < function->entries ? (uint32_t)entry : NO_ENTRY;
}

static uint64_t view_of_entry(const struct irqcts_model *model, const struct model_function *function, uint32_t index)
{
    const struct model_entry *entry = &model_entries(model, function)[index];
    uint64_t view = 1;

    view = view << 1 | ((entry->vector_control & MASK_BIT) != 0);
    view = view << 1 | ((entry->known & KNOWN(VECTOR_CONTROL)) != 0);
    view = view << 1 | ((entry->known & KNOWN_MESSAGE) == KNOWN_MESSAGE);
    view = view << 1 | (uint64_t)bit_test(function->possible, index);
    view = view << 1 | (uint64_t)bit_test(function->certain, index);
    view = view << 2 | entry->rewritten;
    view = view << 2 | entry->origin;
    return view << 1 | (function->last_set == index);
}

uint64_t transition_view(const struct irqcts_model *model, const struct irqcts_operation *operation)
{
    uint32_t number = operation->function < model->functions ? operation->function : 0u;
    const struct model_function *function = model_function(model, number);
    uint32_t entry = entry_of(function, operation);
    uint64_t view = entry == NO_ENTRY ? 0 : view_of_entry(model, function, entry);
    uint64_t possible = 0;
    uint64_t waiting = 0;

    for (uint32_t i = 0; i < (function->entries + 63u) / 64u; i++) {
        possible |= function->possible[i];
        waiting |= function->touched[i];
    }
    view = view << 1 | function->enabled;
    view = view << 1 | function->function_mask;
    view = view << 1 | function->bus_master;
    view = view << 1 | function->paused;
    view = view << 1 | function->started;
    view = view << 1 | (possible != 0);
    view = view << 1 | (waiting != 0);
    view = view << 1 | (function->unmasked != 0);
    return view << 1 | (number != 0);
}

uint32_t transition_number(const struct irqcts_operation *operation, uint64_t before, uint64_t after, uint32_t limit)
{
    uint64_t hash = before * UINT64_C(0x9e3779b97f4a7c15);

    hash = (hash ^ hash >> 29 ^ after) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 32 ^ (uint64_t)operation->kind << 8 ^ operation->width) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((hash ^ hash >> 31) % limit);
}
