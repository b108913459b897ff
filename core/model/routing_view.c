/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routing view: the driver's start with its default assignment,
 * SetTableEntry, MaskTableEntry, UnmaskTableEntry (ROUTE-*).  It is defined by
 * what it does to the table.
 */
#include "model_internal.h"

void assign_message(const struct irqcts_model *model, struct model_function *function, struct model_entry *entry,
                    uint32_t message, enum entry_origin origin)
{
    const struct irqcts_message *what = &model_messages(model)[message];

    settle_former(function, entry); /* the routine keeps the entry masked while it changes it */
    forget_under_way(function, (uint32_t)(entry - model_entries(model, function)));
    entry->origin = (uint8_t)origin;
    entry->hint = message;
    entry->opaque = (what->flags & IRQCTS_MESSAGE_OPAQUE) != 0;
    if (entry->opaque) {
        entry->known &= (uint8_t)~KNOWN_MESSAGE;
    } else {
        entry->known |= KNOWN_MESSAGE;
        entry->address = what->address;
        entry->data = what->data;
    }
}

void permit_routing(const struct model_function *function, const struct irqcts_operation *operation,
                    struct model_permit *permit)
{
    const uint32_t invalid = STATUS_BIT(IRQCTS_STATUS_INVALID_PARAMETER);
    int set = operation->kind == IRQCTS_OPERATION_SET_ENTRY;

    if (operation->kind == IRQCTS_OPERATION_GET_ENTRY || operation->kind == IRQCTS_OPERATION_GET_SIZE) {
        permit->statuses = STATUSES_ANY; /* ROUTE-GET-*: recorded, never judged */
    } else if (operation->kind == IRQCTS_OPERATION_START) {
        if (function->messages > 0) {
            permit->status_clause = IRQCTS_CLAUSE_ROUTE_DEFAULT_IDENTITY;
        } else {
            permit->statuses = STATUSES_ANY;
        }
    } else if (function->entries == 0) {
        permit->statuses = invalid;
        permit->status_clause = IRQCTS_CLAUSE_ROUTE_NOT_MSIX;
    } else if (operation->entry >= function->entries) {
        permit->statuses = invalid;
        permit->status_clause = set ? IRQCTS_CLAUSE_ROUTE_SET_BAD_ENTRY : IRQCTS_CLAUSE_ROUTE_MASK_BAD_ENTRY;
    } else if (set && operation->message >= function->messages) {
        permit->statuses = invalid;
        permit->status_clause = IRQCTS_CLAUSE_ROUTE_SET_BAD_MESSAGE;
    } else {
        permit->status_clause = set                                            ? IRQCTS_CLAUSE_ROUTE_SET_ASSIGNS
                                : operation->kind == IRQCTS_OPERATION_UNMASK ? IRQCTS_CLAUSE_ROUTE_UNMASK
                                                                             : IRQCTS_CLAUSE_ROUTE_MASK;
        if (!function->started) {
            /* No driver has been granted messages yet: a refusal is as good. */
            permit->statuses |= STATUS_BIT(IRQCTS_STATUS_INVALID_STATE) | invalid;
        }
    }
}

static void start(const struct model_step *step, struct model_function *function)
{
    struct model_entry *entries = model_entries(step->model, function);
    uint32_t i;

    if (function->messages == 0) {
        return;
    }
    set_control(step, function, 0, 0);
    for (i = 0; i < function->entries; i++) {
        uint32_t message = i < function->messages ? i : 0u;
        assign_message(step->model, function, &entries[i], function->first_message + message, ORIGIN_DEFAULT);
        set_mask(step, function, i, entries[i].vector_control & ~MASK_BIT, 1, IRQCTS_CLAUSE_PEND_RELEASE);
    }
    function->started = 1;
    set_control(step, function, 1, 0);
}

void apply_routing(const struct model_step *step, struct model_function *function,
                   const struct irqcts_operation *operation)
{
    struct irqcts_model *model = step->model;
    struct model_entry *entry;

    if (operation->kind == IRQCTS_OPERATION_START) {
        start(step, function);
        return;
    }
    if (operation->kind == IRQCTS_OPERATION_GET_ENTRY) {
        cover(step, IRQCTS_CLAUSE_ROUTE_GET_ENTRY);
        return;
    }
    if (operation->kind == IRQCTS_OPERATION_GET_SIZE) {
        cover(step, IRQCTS_CLAUSE_ROUTE_GET_SIZE);
        return;
    }
    if (operation->entry >= function->entries) {
        return; /* accepted although it must not be: nothing can be said of its effect */
    }
    entry = &model_entries(model, function)[operation->entry];
    switch (operation->kind) {
    case IRQCTS_OPERATION_SET_ENTRY:
        if (operation->message >= function->messages) {
            return;
        }
        assign_message(model, function, entry, function->first_message + operation->message, ORIGIN_SET);
        function->last_set = operation->entry;
        cover(step, IRQCTS_CLAUSE_ROUTE_SET_MASK_STATE);
        if ((entry->vector_control & MASK_BIT) != 0 &&
            (model->configuration.readings & IRQCTS_READING_SET_ENTRY_KEEPS_MASK) == 0) {
            /* Whether a masked entry stays masked is open until something shows it. */
            set_mask(step, function, operation->entry, entry->vector_control, 0, IRQCTS_CLAUSE_ROUTE_SET_MASK_STATE);
        }
        break;
    case IRQCTS_OPERATION_MASK:
        if ((entry->known & KNOWN(VECTOR_CONTROL)) != 0 && (entry->vector_control & MASK_BIT) != 0) {
            cover(step, IRQCTS_CLAUSE_ROUTE_MASK_NESTING);
        }
        cover(step, IRQCTS_CLAUSE_ROUTE_MASK);
        set_mask(step, function, operation->entry, entry->vector_control | MASK_BIT, 1, IRQCTS_CLAUSE_ROUTE_MASK);
        function->last_masked = operation->entry;
        break;
    default:
        cover(step, IRQCTS_CLAUSE_ROUTE_UNMASK);
        set_mask(step, function, operation->entry, entry->vector_control & ~MASK_BIT, 1, IRQCTS_CLAUSE_PEND_RELEASE);
        function->last_masked = operation->entry;
        break;
    }
}
