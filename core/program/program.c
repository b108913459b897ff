/* SPDX-License-Identifier: Apache-2.0 */
/* Programs as values: created, appended to, looked into. */
#include "program_internal.h"

#include <stdlib.h>
#include <string.h>

const struct table_field table_fields[] = {{"address-low", 0, 4}, {"address-high", 4, 4},   {"data", 8, 4},
                                           {"vector-control", 12, 4}, {"address", 0, 8}, {"data-control", 8, 8}};
const uint32_t table_field_count = sizeof(table_fields) / sizeof(table_fields[0]);
const char *const corruption_names[] = {"none", "size", "duplicate", "index"};
const char *const reset_names[] = {"conventional", "function-level"};

int32_t irqcts_program_create(struct irqcts_program **out)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? IRQCTS_ERROR_NONE : irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a program");
}

void irqcts_program_free(struct irqcts_program *program)
{
    if (program != NULL) {
        free(program->operations);
        free(program->expectations);
        free(program->deliveries);
        free(program);
    }
}

/* Room for `count` more records; doubles. */
static int32_t reserve(void **records, uint32_t *capacity, uint32_t used, uint32_t count, size_t size)
{
    uint32_t wanted = *capacity;
    void *grown;

    if (used + count <= *capacity) {
        return IRQCTS_ERROR_NONE;
    }
    while (wanted < used + count) {
        wanted = wanted == 0 ? 16u : wanted * 2u;
    }
    grown = realloc(*records, wanted * size);
    if (grown == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a program of %u operations", wanted);
    }
    *records = grown;
    *capacity = wanted;
    return IRQCTS_ERROR_NONE;
}

static int32_t check_expectation(const struct irqcts_operation *operation, const struct irqcts_expectation *expectation,
                                 const struct irqcts_expected_delivery *deliveries)
{
    const char *name = irqcts_operation_name(operation->kind);
    uint32_t status_flags = expectation->flags & (IRQCTS_EXPECTS_STATUS | IRQCTS_EXPECTS_REFUSAL);

    if ((expectation->flags & ~(uint32_t)(IRQCTS_EXPECTS_STATUS | IRQCTS_EXPECTS_REFUSAL | IRQCTS_EXPECTS_VALUE |
                                          IRQCTS_EXPECTS_DELIVERIES)) != 0 ||
        status_flags == (IRQCTS_EXPECTS_STATUS | IRQCTS_EXPECTS_REFUSAL)) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: an expectation with flags 0x%x", name, expectation->flags);
    }
    if ((expectation->flags & IRQCTS_EXPECTS_STATUS) != 0 && expectation->status >= IRQCTS_STATUS_NOT_EXECUTED) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: expects status %u, which is none", name, expectation->status);
    }
    if ((expectation->flags & IRQCTS_EXPECTS_VALUE) != 0 &&
        (expectation->value_mask == 0 || (expectation->value & ~expectation->value_mask) != 0)) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: expects value 0x%llx outside its mask 0x%llx", name,
                           (unsigned long long)expectation->value, (unsigned long long)expectation->value_mask);
    }
    if ((expectation->flags & IRQCTS_EXPECTS_DELIVERIES) == 0 ? expectation->delivery_count != 0
                                                              : operation->kind != IRQCTS_OPERATION_POLL) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: deliveries are expected of a poll only", name);
    }
    for (uint32_t i = 0; i < expectation->delivery_count; i++) {
        if (deliveries[i].minimum > deliveries[i].maximum || deliveries[i].maximum == 0 ||
            deliveries[i].function >= IRQCTS_FUNCTIONS_MAX) {
            return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: expects %u to %u deliveries of one message", name,
                               deliveries[i].minimum, deliveries[i].maximum);
        }
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_program_append(struct irqcts_program *program, const struct irqcts_operation *operation,
                              const struct irqcts_expectation *expectation,
                              const struct irqcts_expected_delivery *deliveries)
{
    static const struct irqcts_expectation nothing = {0};
    struct irqcts_expectation copy = expectation != NULL ? *expectation : nothing;
    int32_t error = irqcts_operation_check(operation);

    if (error == IRQCTS_ERROR_NONE) {
        error = check_expectation(operation, &copy, deliveries);
    }
    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    if ((operation->kind == IRQCTS_OPERATION_CONFIGURE) != (program->count == 0)) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "configure is the first operation of a program and only the first");
    }
    if (program->count >= IRQCTS_PROGRAM_OPERATIONS_MAX ||
        copy.delivery_count > IRQCTS_PROGRAM_EXPECTED_DELIVERIES_MAX - program->delivery_count) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY, "a program has at most %u operations and %u expected deliveries",
                           IRQCTS_PROGRAM_OPERATIONS_MAX, IRQCTS_PROGRAM_EXPECTED_DELIVERIES_MAX);
    }
    /* Two arrays of one length: the second keeps its capacity in step with the first. */
    if (program->count == program->capacity) {
        uint32_t capacity = program->capacity;
        error = reserve((void **)&program->operations, &capacity, program->count, 1, sizeof(*program->operations));
        if (error == IRQCTS_ERROR_NONE) {
            capacity = program->capacity;
            error = reserve((void **)&program->expectations, &capacity, program->count, 1,
                            sizeof(*program->expectations));
        }
        if (error != IRQCTS_ERROR_NONE) {
            return error;
        }
        program->capacity = capacity;
    }
    error = reserve((void **)&program->deliveries, &program->delivery_capacity, program->delivery_count,
                    copy.delivery_count, sizeof(*program->deliveries));
    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    copy.delivery_first = program->delivery_count;
    if (copy.delivery_count > 0) {
        memcpy(program->deliveries + program->delivery_count, deliveries, copy.delivery_count * sizeof(*deliveries));
    }
    program->operations[program->count] = *operation;
    program->expectations[program->count] = copy;
    program->delivery_count += copy.delivery_count;
    program->count++;
    return IRQCTS_ERROR_NONE;
}

uint32_t irqcts_program_count(const struct irqcts_program *program)
{
    return program->count;
}

const struct irqcts_operation *irqcts_program_operation(const struct irqcts_program *program, uint32_t index)
{
    return index < program->count ? &program->operations[index] : NULL;
}

const struct irqcts_expectation *irqcts_program_expectation(const struct irqcts_program *program, uint32_t index)
{
    return index < program->count ? &program->expectations[index] : NULL;
}

const struct irqcts_expected_delivery *irqcts_program_expected_deliveries(const struct irqcts_program *program)
{
    return program->deliveries;
}
