/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a step: ask the view what is permitted, compare with what was
 * observed, move the state, and let the observation settle what was open.
 */
#include "model_internal.h"

#if defined(__GNUC__)
#define INLINE inline __attribute__((always_inline))
#else
#define INLINE inline
#endif

/* NULL: there is no such function. */
static struct model_function *function_of(const struct irqcts_model *model, const struct irqcts_operation *operation)
{
    return operation->function < model->functions ? model_function(model, operation->function) : NULL;
}

/* Of a function that does not exist, or has no MSI-X, only these views say anything. */
static void permit_absent(const struct irqcts_model *model, const struct model_function *function,
                          const struct irqcts_operation *operation, struct model_permit *permit)
{
    if (operation->kind >= IRQCTS_OPERATION_WRITE_VIRTUALIZED && operation->kind <= IRQCTS_OPERATION_RESET) {
        permit_function_view(model, operation, permit);
    } else if (function != NULL && operation->kind >= IRQCTS_OPERATION_SET_ENTRY &&
               operation->kind <= IRQCTS_OPERATION_UNMASK) {
        permit_routing(function, operation, permit);
    } else {
        permit->statuses = STATUSES_ANY;
    }
}

static INLINE void permit_operation(const struct irqcts_model *model, const struct model_function *function,
                                    uint32_t kind, const struct irqcts_operation *operation,
                                    struct model_permit *permit)
{
    *permit = (struct model_permit){.statuses = STATUS_BIT(IRQCTS_STATUS_OK)};
    if (function == NULL || function->entries == 0) {
        permit_absent(model, function, operation, permit);
        return;
    }
    switch (kind) {
    case IRQCTS_OPERATION_START:
    case IRQCTS_OPERATION_SET_ENTRY:
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
    case IRQCTS_OPERATION_GET_ENTRY:
    case IRQCTS_OPERATION_GET_SIZE:
        permit_routing(function, operation, permit);
        break;
    case IRQCTS_OPERATION_TABLE_READ:
        permit->status_clause = IRQCTS_CLAUSE_ENTRY_ACCESS_WIDTH;
        permit_table_read(model, function, operation, permit);
        break;
    case IRQCTS_OPERATION_TABLE_WRITE:
        permit->status_clause = IRQCTS_CLAUSE_ENTRY_ACCESS_WIDTH;
        permit_table_write(function, operation, permit);
        break;
    case IRQCTS_OPERATION_PBA_READ:
        permit->status_clause = IRQCTS_CLAUSE_PBA_READ;
        permit_pba_read(model, function, operation, permit);
        break;
    case IRQCTS_OPERATION_PBA_WRITE:
        permit->status_clause = IRQCTS_CLAUSE_PBA_READ;
        permit->statuses = STATUSES_ANY;
        break;
    case IRQCTS_OPERATION_CAPABILITY_READ:
        permit->status_clause = IRQCTS_CLAUSE_CAP_WRITE_WIDTHS;
        permit_capability_read(function, operation, permit);
        break;
    case IRQCTS_OPERATION_CAPABILITY_WRITE:
        permit->status_clause = IRQCTS_CLAUSE_CAP_WRITE_WIDTHS;
        break;
    case IRQCTS_OPERATION_CONFIG_READ:
        permit_config_read(function, operation, permit);
        break;
    case IRQCTS_OPERATION_ENABLE:
    case IRQCTS_OPERATION_FUNCTION_MASK:
    case IRQCTS_OPERATION_BUS_MASTER:
        break;
    case IRQCTS_OPERATION_RAISE:
    case IRQCTS_OPERATION_WITHDRAW:
        if (operation->entry >= function->entries) {
            permit->statuses = STATUSES_ANY;
        }
        break;
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
    case IRQCTS_OPERATION_PAUSE:
    case IRQCTS_OPERATION_RESUME:
    case IRQCTS_OPERATION_SAVE:
    case IRQCTS_OPERATION_RESTORE:
    case IRQCTS_OPERATION_RESET:
        permit_function_view(model, operation, permit);
        break;
    default: /* POLL, writes to configuration space, the raw calls of a backend */
        permit->statuses = STATUSES_ANY;
        break;
    }
}

static INLINE void apply_operation(const struct model_step *step, struct model_function *function, uint32_t kind,
                                   const struct irqcts_operation *operation, const struct irqcts_result *result)
{
    if (function == NULL) {
        return;
    }
    if (function->entries == 0) {
        if (operation->kind >= IRQCTS_OPERATION_WRITE_VIRTUALIZED) {
            apply_function_view(step, function, operation);
        }
        return;
    }
    switch (kind) {
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
    case IRQCTS_OPERATION_CONFIG_READ:
        settle_config_read(step, function, operation);
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
    case IRQCTS_OPERATION_START:
    case IRQCTS_OPERATION_SET_ENTRY:
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
    case IRQCTS_OPERATION_GET_ENTRY:
    case IRQCTS_OPERATION_GET_SIZE:
        apply_routing(step, function, operation);
        break;
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
    case IRQCTS_OPERATION_PAUSE:
    case IRQCTS_OPERATION_RESUME:
    case IRQCTS_OPERATION_SAVE:
    case IRQCTS_OPERATION_RESTORE:
    case IRQCTS_OPERATION_RESET:
        apply_function_view(step, function, operation);
        break;
    default:
        break;
    }
}

/* What was permitted and seen, beside what was found. */
static void record(struct irqcts_judgement *out, const struct model_permit *permit, const struct irqcts_result *result)
{
    out->statuses = permit->statuses;
    out->observed_status = result->status;
    out->value = permit->value;
    out->value_mask = permit->value_mask;
    out->observed_value = result->value;
}

/* A status other than OK, which changes nothing. */
static uint32_t judge_refusal(const struct model_step *step, const struct model_permit *permit, uint32_t status)
{
    if (status == IRQCTS_STATUS_NOT_EXECUTED) {
        return IRQCTS_JUDGEMENT_NOT_OBSERVED;
    }
    if ((permit->statuses & STATUS_BIT(status)) == 0) {
        return status == IRQCTS_STATUS_NOT_SUPPORTED ? IRQCTS_JUDGEMENT_NOT_OBSERVED : IRQCTS_JUDGEMENT_STATUS;
    }
    if (permit->status_clause != IRQCTS_CLAUSE_NONE) {
        cover(step, (enum irqcts_clause)permit->status_clause);
    }
    return IRQCTS_JUDGEMENT_CONFORMS;
}

/* `kind` is the operation's: a constant for the common ones, so that both its
 * dispatches are decided by the one in judge_step().  `out` is written in full
 * when the step does not conform or `always`. */
static INLINE uint32_t judge_kind(const struct model_step *step, uint32_t kind,
                                  const struct irqcts_operation *operation, const struct irqcts_result *result,
                                  const struct irqcts_delivery *deliveries, struct irqcts_judgement *out, int always)
{
    struct model_function *function = function_of(step->model, operation);
    struct model_permit permit;
    uint32_t clause;
    uint32_t found = IRQCTS_JUDGEMENT_CONFORMS;

    permit_operation(step->model, function, kind, operation, &permit);
    clause = permit.status_clause;
    if (always) {
        *out = (struct irqcts_judgement){.clause = clause};
    }
    if (kind == IRQCTS_OPERATION_POLL && result->status == IRQCTS_STATUS_OK) {
        out->kind = IRQCTS_JUDGEMENT_CONFORMS;
        found = judge_poll(step, deliveries, result->delivery_count, out);
        if (always || found != IRQCTS_JUDGEMENT_CONFORMS) {
            record(out, &permit, result);
        }
        return found;
    }
    if (result->status != IRQCTS_STATUS_OK) {
        found = judge_refusal(step, &permit, result->status);
    } else {
        if ((permit.statuses & STATUS_BIT(IRQCTS_STATUS_OK)) == 0) {
            found = IRQCTS_JUDGEMENT_STATUS;
        } else if ((result->value & permit.value_mask) != permit.value) {
            found = IRQCTS_JUDGEMENT_VALUE;
            clause = permit.value_clause;
        }
        apply_operation(step, function, kind, operation, result);
    }
    if (always || found != IRQCTS_JUDGEMENT_CONFORMS) {
        out->kind = found;
        out->clause = clause;
        record(out, &permit, result);
    }
    return found;
}

static INLINE uint32_t judge_step(const struct model_step *step, const struct irqcts_operation *operation,
                                  const struct irqcts_result *result, const struct irqcts_delivery *deliveries,
                                  struct irqcts_judgement *out, int always)
{
    switch (operation->kind) {
    case IRQCTS_OPERATION_RAISE:
        return judge_kind(step, IRQCTS_OPERATION_RAISE, operation, result, deliveries, out, always);
    case IRQCTS_OPERATION_POLL:
        return judge_kind(step, IRQCTS_OPERATION_POLL, operation, result, deliveries, out, always);
    case IRQCTS_OPERATION_TABLE_READ:
        return judge_kind(step, IRQCTS_OPERATION_TABLE_READ, operation, result, deliveries, out, always);
    case IRQCTS_OPERATION_TABLE_WRITE:
        return judge_kind(step, IRQCTS_OPERATION_TABLE_WRITE, operation, result, deliveries, out, always);
    case IRQCTS_OPERATION_PBA_READ:
        return judge_kind(step, IRQCTS_OPERATION_PBA_READ, operation, result, deliveries, out, always);
    case IRQCTS_OPERATION_FUNCTION_MASK:
        return judge_kind(step, IRQCTS_OPERATION_FUNCTION_MASK, operation, result, deliveries, out, always);
    case IRQCTS_OPERATION_ENABLE:
        return judge_kind(step, IRQCTS_OPERATION_ENABLE, operation, result, deliveries, out, always);
    default:
        return judge_kind(step, operation->kind, operation, result, deliveries, out, always);
    }
}

uint32_t irqcts_model_judge(struct irqcts_model *model, const struct irqcts_operation *operation,
                            const struct irqcts_result *result, const struct irqcts_delivery *deliveries,
                            struct irqcts_coverage *coverage, struct irqcts_judgement *out)
{
    struct irqcts_coverage nowhere = {{0}};
    struct model_step step = {model, coverage != NULL ? coverage : &nowhere};

    return judge_step(&step, operation, result, deliveries, out, 1);
}

uint32_t irqcts_model_judge_run(struct irqcts_model *model, const struct irqcts_operation *operations,
                                const struct irqcts_result *results, const struct irqcts_delivery *deliveries,
                                uint32_t count, struct irqcts_coverage *coverage, struct irqcts_judgement *out)
{
    struct irqcts_coverage nowhere = {{0}};
    struct model_step step = {model, coverage != NULL ? coverage : &nowhere};
    uint32_t i;

    *out = (struct irqcts_judgement){.kind = IRQCTS_JUDGEMENT_CONFORMS};
    for (i = 0; i < count; i++) {
        if (judge_step(&step, &operations[i], &results[i], deliveries + results[i].delivery_first, out, 0) !=
            IRQCTS_JUDGEMENT_CONFORMS) {
            break;
        }
    }
    return i;
}

void irqcts_model_predict(const struct irqcts_model *model, const struct irqcts_operation *operation,
                          struct irqcts_result *out, struct irqcts_delivery_buffer *deliveries)
{
    struct model_permit permit;

    permit_operation(model, function_of(model, operation), operation->kind, operation, &permit);
    *out = (struct irqcts_result){0};
    out->status = lowest_bit(permit.statuses); /* OK where it is permitted */
    out->value = permit.value;
    if (operation->kind == IRQCTS_OPERATION_POLL) {
        out->delivery_first = deliveries->count;
        predict_poll(model, deliveries);
        out->delivery_count = deliveries->count - out->delivery_first;
    }
}
