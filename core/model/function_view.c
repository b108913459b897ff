/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual-function view: virtualized writes, pause, save, restore, and
 * reset (VWRITE-*, SAVE-*, RESET-*).
 */
#include "model_internal.h"

static const struct model_function *addressed(const struct irqcts_model *model,
                                              const struct irqcts_operation *operation)
{
    return operation->function < model->functions ? model_function(model, operation->function) : NULL;
}

static int write_names_function(const struct irqcts_model *model, const struct irqcts_operation *operation)
{
    return operation->function >= 1 && operation->function < model->functions;
}

void permit_function_view(const struct irqcts_model *model, const struct irqcts_operation *operation,
                          struct model_permit *permit)
{
    const uint32_t ok = STATUS_BIT(IRQCTS_STATUS_OK);
    const uint32_t unready = STATUS_BIT(IRQCTS_STATUS_INVALID_STATE) | STATUS_BIT(IRQCTS_STATUS_INVALID_PARAMETER);
    const struct model_function *function = addressed(model, operation);
    const struct model_slot *slot;

    switch (operation->kind) {
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
        permit->status_clause = IRQCTS_CLAUSE_VWRITE_WRITES;
        if (!write_names_function(model, operation)) {
            permit->statuses = STATUSES_REFUSAL;
            permit->status_clause = IRQCTS_CLAUSE_VWRITE_BAD_VF;
        } else if (operation->entry >= function->entries) { /* a negative index is a large one here */
            permit->statuses = STATUSES_REFUSAL;
            permit->status_clause = IRQCTS_CLAUSE_VWRITE_BAD_INDEX;
        }
        return;
    case IRQCTS_OPERATION_PAUSE:
    case IRQCTS_OPERATION_RESUME:
        permit->status_clause = IRQCTS_CLAUSE_VWRITE_PAUSED;
        if (function == NULL) {
            permit->statuses = STATUSES_ANY;
        } else if (function->paused == (operation->kind == IRQCTS_OPERATION_PAUSE)) {
            permit->statuses = ok | unready;
        }
        return;
    case IRQCTS_OPERATION_SAVE:
        permit->status_clause = IRQCTS_CLAUSE_SAVE_COMPLETE;
        if (function == NULL || operation->value >= model->slots) {
            permit->statuses = STATUSES_ANY;
        } else if (!function->paused) {
            permit->statuses = ok | unready;
        }
        return;
    case IRQCTS_OPERATION_RESTORE:
        if (function == NULL || operation->value >= model->slots) {
            permit->statuses = STATUSES_ANY;
            return;
        }
        slot = model_slot(model, (uint32_t)operation->value);
        if (operation->data != IRQCTS_CORRUPTION_NONE || !slot->used ||
            slot->function.entries != function->entries) {
            permit->statuses = STATUSES_REFUSAL;
            permit->status_clause = IRQCTS_CLAUSE_SAVE_REJECT_INCONSISTENT;
        } else {
            permit->status_clause = IRQCTS_CLAUSE_SAVE_RESTORE_EQUAL;
            if (!function->paused) {
                permit->statuses = ok | unready;
            }
        }
        return;
    default: /* RESET */
        permit->status_clause = IRQCTS_CLAUSE_RESET_STATE;
        if (function == NULL) {
            permit->statuses = STATUSES_ANY;
        }
        return;
    }
}

/* The message that an operation names, an index into the model's messages; NO_TARGET: none. */
static uint32_t named_message(const struct irqcts_model *model, const struct irqcts_operation *operation)
{
    const struct model_function *owner;

    if (operation->message_function >= model->functions) {
        return NO_TARGET;
    }
    owner = model_function(model, operation->message_function);
    return operation->message < owner->messages ? owner->first_message + operation->message : NO_TARGET;
}

static void write_virtualized(const struct model_step *step, const struct irqcts_operation *operation)
{
    struct irqcts_model *model = step->model;
    struct model_function *function = model_function(model, operation->function);
    uint32_t index = operation->entry;
    struct model_entry *entry = &model_entries(model, function)[index];
    int same = (entry->known & KNOWN_ALL) == KNOWN_ALL && entry->address == operation->address &&
               entry->data == operation->data && entry->vector_control == operation->control;

    if (same) {
        cover(step, IRQCTS_CLAUSE_VWRITE_IDEMPOTENT);
    }
    if (function->paused) {
        cover(step, IRQCTS_CLAUSE_VWRITE_PAUSED);
    }
    settle_former(function, entry); /* VWRITE-NO-TEAR: masked while it changes */
    forget_under_way(function, index);
    if ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0) { /* a message that nobody shows */
        assign_message(model, function, entry, named_message(model, operation), ORIGIN_VIRTUALIZED);
    } else {
        entry->address = operation->address;
        entry->data = operation->data;
        entry->known |= KNOWN_MESSAGE;
        entry->opaque = 0;
        entry->origin = ORIGIN_VIRTUALIZED;
    }
    function->last_virtualized = index;
    model->last_virtualized_function = operation->function;
    cover(step, IRQCTS_CLAUSE_VWRITE_NO_TEAR);
    set_mask(step, function, index, operation->control, 1, IRQCTS_CLAUSE_VWRITE_UNMASK_RELEASE);
}

static void copy_entries(struct model_entry *to, const struct model_entry *from, uint32_t count)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

static void save(const struct model_step *step, const struct model_function *function, struct model_slot *slot)
{
    cover(step, IRQCTS_CLAUSE_SAVE_COMPLETE);
    slot->used = 1;
    slot->function = *function;
    copy_entries(model_slot_entries(step->model, slot), model_entries(step->model, function), function->entries);
}

static void restore(const struct model_step *step, struct model_function *function, const struct model_slot *slot)
{
    uint32_t i;

    cover(step, IRQCTS_CLAUSE_SAVE_RESTORE_EQUAL);
    cover(step, IRQCTS_CLAUSE_SAVE_SPARSE);
    cover(step, IRQCTS_CLAUSE_SAVE_REARM);
    cover(step, IRQCTS_CLAUSE_VWRITE_REPLAY);
    function->enabled = slot->function.enabled;
    function->function_mask = slot->function.function_mask;
    function->started = slot->function.started;
    function->unmasked = slot->function.unmasked;
    function->rewritten = slot->function.rewritten;
    function->was_reset = 0;
    function->under_way = 0;
    for (i = 0; i < PENDING_WORDS; i++) {
        function->possible[i] = slot->function.possible[i];
        function->certain[i] = slot->function.certain[i];
    }
    copy_entries(model_entries(step->model, function), model_slot_entries(step->model, slot), function->entries);
    if (!function->paused) {
        set_paused(step, function, 0); /* restored although running: what was pending and unmasked is due now */
    }
}

/* From here on a message of the function that is not due is one from before the reset (RESET-NO-STALE). */
static void expect_nothing_stale(struct irqcts_model *model, const struct model_function *function)
{
    struct model_counter *counters = &model_counters(model)[function->first_message];
    uint32_t i;

    for (i = 0; i < function->messages; i++) {
        counters[i].silent_by = IRQCTS_CLAUSE_RESET_NO_STALE;
    }
}

static void reset(const struct model_step *step, const struct irqcts_operation *operation)
{
    struct irqcts_model *model = step->model;
    uint32_t f;

    cover(step, IRQCTS_CLAUSE_RESET_ROUTES);
    /* A reset of the physical function takes its virtual functions with it. */
    for (f = 0; f < model->functions; f++) {
        if (operation->value == IRQCTS_RESET_CONVENTIONAL || operation->function == 0 || operation->function == f) {
            model_function_reset(model, model_function(model, f));
            expect_nothing_stale(model, model_function(model, f));
        }
    }
}

void apply_function_view(const struct model_step *step, struct model_function *function,
                         const struct irqcts_operation *operation)
{
    struct irqcts_model *model = step->model;

    switch (operation->kind) {
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
        if (write_names_function(model, operation) && operation->entry < function->entries &&
            ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) == 0 ||
             named_message(model, operation) != NO_TARGET)) {
            write_virtualized(step, operation);
        }
        break;
    case IRQCTS_OPERATION_PAUSE:
        set_paused(step, function, 1);
        break;
    case IRQCTS_OPERATION_RESUME:
        if (function->paused) {
            set_paused(step, function, 0);
        }
        break;
    case IRQCTS_OPERATION_SAVE:
        if (operation->value < model->slots) {
            save(step, function, model_slot(model, (uint32_t)operation->value));
        }
        break;
    case IRQCTS_OPERATION_RESTORE:
        if (operation->value < model->slots && operation->data == IRQCTS_CORRUPTION_NONE) {
            const struct model_slot *slot = model_slot(model, (uint32_t)operation->value);
            if (slot->used && slot->function.entries == function->entries) {
                restore(step, function, slot);
            }
        }
        break;
    default:
        reset(step, operation);
        break;
    }
}
