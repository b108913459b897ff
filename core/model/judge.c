/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a step: ask the view what is permitted, compare with what was
 * observed, move the state, and let the observation settle what was open.
 */
#include "model_internal.h"

enum operation_view { VIEW_NONE, VIEW_TABLE, VIEW_PBA, VIEW_CAPABILITY, VIEW_ROUTING, VIEW_CONTROL, VIEW_DEVICE, VIEW_FUNCTION };

static enum operation_view view_of(uint32_t kind)
{
    static const uint8_t views[IRQCTS_OPERATION_KIND_COUNT] = {
        [IRQCTS_OPERATION_START] = VIEW_ROUTING,
        [IRQCTS_OPERATION_SET_ENTRY] = VIEW_ROUTING,
        [IRQCTS_OPERATION_MASK] = VIEW_ROUTING,
        [IRQCTS_OPERATION_UNMASK] = VIEW_ROUTING,
        [IRQCTS_OPERATION_GET_ENTRY] = VIEW_ROUTING,
        [IRQCTS_OPERATION_GET_SIZE] = VIEW_ROUTING,
        [IRQCTS_OPERATION_TABLE_READ] = VIEW_TABLE,
        [IRQCTS_OPERATION_TABLE_WRITE] = VIEW_TABLE,
        [IRQCTS_OPERATION_PBA_READ] = VIEW_PBA,
        [IRQCTS_OPERATION_PBA_WRITE] = VIEW_PBA,
        [IRQCTS_OPERATION_CAPABILITY_READ] = VIEW_CAPABILITY,
        [IRQCTS_OPERATION_CAPABILITY_WRITE] = VIEW_CAPABILITY,
        [IRQCTS_OPERATION_ENABLE] = VIEW_CONTROL,
        [IRQCTS_OPERATION_FUNCTION_MASK] = VIEW_CONTROL,
        [IRQCTS_OPERATION_BUS_MASTER] = VIEW_CONTROL,
        [IRQCTS_OPERATION_RAISE] = VIEW_DEVICE,
        [IRQCTS_OPERATION_WITHDRAW] = VIEW_DEVICE,
        [IRQCTS_OPERATION_WRITE_VIRTUALIZED] = VIEW_FUNCTION,
        [IRQCTS_OPERATION_PAUSE] = VIEW_FUNCTION,
        [IRQCTS_OPERATION_RESUME] = VIEW_FUNCTION,
        [IRQCTS_OPERATION_SAVE] = VIEW_FUNCTION,
        [IRQCTS_OPERATION_RESTORE] = VIEW_FUNCTION,
        [IRQCTS_OPERATION_RESET] = VIEW_FUNCTION,
    };
    return kind < IRQCTS_OPERATION_KIND_COUNT ? (enum operation_view)views[kind] : VIEW_NONE;
}

static void permit_operation(const struct irqcts_model *model, const struct irqcts_operation *operation,
                             struct model_permit *permit)
{
    enum operation_view view = view_of(operation->kind);
    const struct model_function *function;

    permit->statuses = STATUS_BIT(IRQCTS_STATUS_OK);
    permit->status_clause = IRQCTS_CLAUSE_NONE;
    permit->value_clause = IRQCTS_CLAUSE_NONE;
    permit->value = 0;
    permit->value_mask = 0;
    if (view == VIEW_FUNCTION) {
        permit_function_view(model, operation, permit);
        return;
    }
    if (view == VIEW_NONE || operation->function >= model->functions) {
        permit->statuses = STATUSES_ANY; /* POLL, configuration space, a function that is not there */
        return;
    }
    function = model_function(model, operation->function);
    if (function->entries == 0 && view != VIEW_ROUTING) {
        permit->statuses = STATUSES_ANY; /* there is no MSI-X to access */
        return;
    }
    switch (view) {
    case VIEW_TABLE:
        permit->status_clause = IRQCTS_CLAUSE_ENTRY_ACCESS_WIDTH;
        if (operation->kind == IRQCTS_OPERATION_TABLE_READ) {
            permit_table_read(model, function, operation, permit);
        } else if ((operation->width != 4 && operation->width != 8) || operation->address % operation->width != 0 ||
                   operation->address >= (uint64_t)function->entries * IRQCTS_ENTRY_BYTES) {
            permit->statuses = STATUSES_ANY;
        }
        break;
    case VIEW_PBA:
        permit->status_clause = IRQCTS_CLAUSE_PBA_READ;
        if (operation->kind == IRQCTS_OPERATION_PBA_READ) {
            permit_pba_read(model, function, operation, permit);
        } else {
            permit->statuses = STATUSES_ANY;
        }
        break;
    case VIEW_CAPABILITY:
        permit->status_clause = IRQCTS_CLAUSE_CAP_WRITE_WIDTHS;
        if (operation->kind == IRQCTS_OPERATION_CAPABILITY_READ) {
            permit_capability_read(function, operation, permit);
        }
        break;
    case VIEW_ROUTING:
        permit_routing(function, operation, permit);
        break;
    case VIEW_DEVICE:
        if (operation->entry >= function->entries) {
            permit->statuses = STATUSES_ANY;
        }
        break;
    default:
        break;
    }
}

static void apply_operation(const struct model_step *step, const struct irqcts_operation *operation,
                            const struct irqcts_result *result)
{
    enum operation_view view = view_of(operation->kind);
    struct model_function *function;

    if (view == VIEW_FUNCTION) {
        apply_function_view(step, operation);
        return;
    }
    if (view == VIEW_NONE || operation->function >= step->model->functions) {
        return;
    }
    function = model_function(step->model, operation->function);
    if (function->entries == 0) {
        return;
    }
    switch (operation->kind) {
    case IRQCTS_OPERATION_TABLE_READ:
        settle_table_read(step, function, operation, result->value);
        break;
    case IRQCTS_OPERATION_TABLE_WRITE:
        apply_table_write(step, function, operation);
        break;
    case IRQCTS_OPERATION_PBA_READ:
        settle_pba_read(step, function, operation, result->value);
        break;
    case IRQCTS_OPERATION_PBA_WRITE:
        cover(step, IRQCTS_CLAUSE_PBA_WRITE); /* {ignored}: the state stays */
        break;
    case IRQCTS_OPERATION_CAPABILITY_READ:
        settle_capability_read(step, function, operation, result->value);
        break;
    case IRQCTS_OPERATION_CAPABILITY_WRITE:
        apply_capability_write(step, function, operation);
        break;
    case IRQCTS_OPERATION_ENABLE:
        set_control(step, function, operation->value != 0, function->function_mask);
        break;
    case IRQCTS_OPERATION_FUNCTION_MASK:
        set_control(step, function, function->enabled, operation->value != 0);
        break;
    case IRQCTS_OPERATION_BUS_MASTER:
        set_bus_master(step, function, operation->value != 0);
        break;
    case IRQCTS_OPERATION_RAISE:
        if (operation->entry < function->entries) {
            deliver_event(step, function, operation->entry);
        }
        break;
    case IRQCTS_OPERATION_WITHDRAW:
        if (operation->entry < function->entries) {
            withdraw_event(step, function, operation->entry);
        }
        break;
    default:
        apply_routing(step, function, operation);
        break;
    }
}

uint32_t irqcts_model_judge(struct irqcts_model *model, const struct irqcts_operation *operation,
                            const struct irqcts_result *result, const struct irqcts_delivery *deliveries,
                            struct irqcts_coverage *coverage, struct irqcts_judgement *out)
{
    struct irqcts_coverage nowhere = {{0, 0, 0, 0}};
    struct model_step step = {model, coverage != NULL ? coverage : &nowhere};
    struct model_permit permit;

    permit_operation(model, operation, &permit);
    *out = (struct irqcts_judgement){0};
    out->kind = IRQCTS_JUDGEMENT_CONFORMS;
    out->clause = permit.status_clause;
    out->statuses = permit.statuses;
    out->observed_status = result->status;
    out->value = permit.value;
    out->value_mask = permit.value_mask;
    out->observed_value = result->value;

    if (result->status == IRQCTS_STATUS_NOT_EXECUTED) {
        out->kind = IRQCTS_JUDGEMENT_NOT_OBSERVED;
        return out->kind;
    }
    if ((permit.statuses & STATUS_BIT(result->status)) == 0) {
        out->kind = result->status == IRQCTS_STATUS_NOT_SUPPORTED ? IRQCTS_JUDGEMENT_NOT_OBSERVED
                                                                  : IRQCTS_JUDGEMENT_STATUS;
    } else if (permit.status_clause != IRQCTS_CLAUSE_NONE && result->status != IRQCTS_STATUS_OK) {
        cover(&step, (enum irqcts_clause)permit.status_clause);
    }
    if (result->status != IRQCTS_STATUS_OK) {
        return out->kind;
    }
    if (operation->kind == IRQCTS_OPERATION_POLL) {
        return judge_poll(&step, deliveries, result->delivery_count, out);
    }
    if (out->kind == IRQCTS_JUDGEMENT_CONFORMS && (result->value & permit.value_mask) != permit.value) {
        out->kind = IRQCTS_JUDGEMENT_VALUE;
        out->clause = permit.value_clause;
    }
    apply_operation(&step, operation, result);
    return out->kind;
}

void irqcts_model_predict(const struct irqcts_model *model, const struct irqcts_operation *operation,
                          struct irqcts_result *out, struct irqcts_delivery_buffer *deliveries)
{
    struct model_permit permit;

    permit_operation(model, operation, &permit);
    *out = (struct irqcts_result){0};
    out->status = lowest_bit(permit.statuses); /* OK where it is permitted */
    out->value = permit.value;
    if (operation->kind == IRQCTS_OPERATION_POLL) {
        out->delivery_first = deliveries->count;
        predict_poll(model, deliveries);
        out->delivery_count = deliveries->count - out->delivery_first;
    }
}
