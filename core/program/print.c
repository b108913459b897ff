/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical text of a program: the inverse of parse.c. */
#include "program_internal.h"

#include "irqcts/clauses.h"

#include "text_sink.h"

static void put_number(struct text_sink *sink, uint64_t value)
{
    text_sink_put(sink, "0x%llx", (unsigned long long)value);
}

/* Entry and virtual-function numbers: small ones plain, those beyond INT32_MAX as negative. */
static void put_index(struct text_sink *sink, uint32_t value)
{
    if (value > INT32_MAX) {
        text_sink_put(sink, "-%llu", (unsigned long long)(UINT64_C(0x100000000) - value));
    } else {
        text_sink_put(sink, "%u", value);
    }
}

static void put_place(struct text_sink *sink, const struct irqcts_operation *operation, uint32_t fields)
{
    if ((fields & FORM_TABLE) != 0) {
        for (uint32_t i = 0; i < table_field_count; i++) {
            if (operation->address % IRQCTS_ENTRY_BYTES == table_fields[i].offset &&
                operation->width == table_fields[i].width) {
                text_sink_put(sink, " %llu.%s", (unsigned long long)(operation->address / IRQCTS_ENTRY_BYTES),
                    table_fields[i].name);
                return;
            }
        }
    }
    text_sink_put(sink, " +0x%llx width=%u", (unsigned long long)operation->address, operation->width);
}

static void put_message(struct text_sink *sink, const struct irqcts_operation *operation)
{
    text_sink_put(sink, " message=%u", operation->message);
    if (operation->message_function != operation->function) {
        if (operation->message_function == 0) {
            text_sink_put(sink, " message-pf");
        } else {
            text_sink_put(sink, " message-vf=");
            put_index(sink, operation->message_function - 1u);
        }
    }
    if (operation->control != 0) {
        text_sink_put(sink, " control=");
        put_number(sink, operation->control);
    }
}

static void put_configure(struct text_sink *sink, const struct irqcts_operation *operation)
{
    text_sink_put(sink, " entries=%u messages=%u", operation->entry, operation->message);
    if (operation->value != 0) {
        text_sink_put(sink, " vfs=%u vf-entries=%u vf-messages=%u", (uint32_t)operation->value, operation->data,
            operation->control);
    }
}

static void put_vfio(struct text_sink *sink, const struct irqcts_operation *operation)
{
    for (const struct vfio_operand *operand = vfio_operands(operation->kind); operand->key != NULL; operand++) {
        uint64_t value = vfio_operand_get(operation, operand);
        if (value != 0) {
            text_sink_put(sink, " %s=", operand->key);
            put_number(sink, value);
        }
    }
}

static void put_operation(struct text_sink *sink, const struct irqcts_operation *operation)
{
    const struct operation_form *form = operation_form(operation->kind);
    uint32_t fields = form->fields;

    text_sink_put(sink, "%s", form->name);
    if ((fields & FORM_VFIO) != 0) {
        put_vfio(sink, operation);
        return;
    }
    if ((fields & FORM_CONFIGURE) != 0) {
        put_configure(sink, operation);
    }
    if ((fields & FORM_ENTRY) != 0) {
        text_sink_put(sink, " ");
        put_index(sink, operation->entry);
    }
    if ((fields & FORM_MESSAGE) != 0) {
        text_sink_put(sink, " ");
        put_index(sink, operation->message);
    }
    if ((fields & (FORM_TABLE | FORM_OFFSET)) != 0) {
        put_place(sink, operation, fields);
    }
    if (operation->flags == IRQCTS_OPERATION_FROM_MESSAGE) {
        put_message(sink, operation);
    } else if ((fields & FORM_VALUE) != 0) {
        text_sink_put(sink, " ");
        put_number(sink, operation->value);
    } else if ((fields & FORM_VIRTUALIZED) != 0) {
        text_sink_put(sink, " address=0x%llx data=0x%x control=0x%x", (unsigned long long)operation->address,
            operation->data, operation->control);
    }
    if ((fields & FORM_SWITCH) != 0) {
        text_sink_put(sink, operation->value != 0 ? " on" : " off");
    }
    if ((fields & FORM_SLOT) != 0) {
        text_sink_put(sink, " slot=%u", (uint32_t)operation->value);
    }
    if ((fields & FORM_CORRUPT) != 0 && operation->data != 0) {
        text_sink_put(sink, " corrupt=%s", corruption_names[operation->data]);
    }
    if ((fields & FORM_RESET) != 0) {
        text_sink_put(sink, " %s", reset_names[operation->value]);
    }
    if (operation->function != 0) {
        text_sink_put(sink, " vf=");
        put_index(sink, operation->function - 1u);
    }
}

static void put_deliveries(struct text_sink *sink, const struct irqcts_expectation *expectation,
                           const struct irqcts_expected_delivery *deliveries)
{
    if (expectation->delivery_count == 0) {
        text_sink_put(sink, " none");
    }
    for (uint32_t i = 0; i < expectation->delivery_count; i++) {
        const struct irqcts_expected_delivery *delivery = &deliveries[expectation->delivery_first + i];
        text_sink_put(sink, " ");
        if (delivery->message == IRQCTS_MESSAGE_STRAY) {
            text_sink_put(sink, "stray");
        } else if (delivery->function != 0) {
            text_sink_put(sink, "vf%u.%u", delivery->function - 1u, delivery->message);
        } else {
            text_sink_put(sink, "%u", delivery->message);
        }
        text_sink_put(sink, ":%u", delivery->minimum);
        if (delivery->maximum != delivery->minimum) {
            text_sink_put(sink, "-%u", delivery->maximum);
        }
    }
}

static void put_expectation(struct text_sink *sink, const struct irqcts_expectation *expectation,
                            const struct irqcts_expected_delivery *deliveries)
{
    const char *clause = expectation->clause != 0 ? irqcts_clause_id(expectation->clause) : NULL;

    if (expectation->flags == 0) {
        return;
    }
    text_sink_put(sink, " =>");
    if ((expectation->flags & IRQCTS_EXPECTS_STATUS) != 0) {
        text_sink_put(sink, " %s", irqcts_status_name(expectation->status));
    } else if ((expectation->flags & IRQCTS_EXPECTS_REFUSAL) != 0) {
        text_sink_put(sink, " refused");
    }
    if ((expectation->flags & IRQCTS_EXPECTS_VALUE) != 0) {
        text_sink_put(sink, " value=");
        put_number(sink, expectation->value);
        if (expectation->value_mask != UINT64_MAX) {
            text_sink_put(sink, "/");
            put_number(sink, expectation->value_mask);
        }
    }
    if ((expectation->flags & IRQCTS_EXPECTS_DELIVERIES) != 0) {
        put_deliveries(sink, expectation, deliveries);
    }
    if (clause != NULL) {
        text_sink_put(sink, " [%s]", clause);
    }
}

static int32_t finish(const struct text_sink *sink, size_t *out_length)
{
    *out_length = sink->length;
    if (sink->length >= sink->size) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY, "%zu bytes of text do not fit into %zu", sink->length + 1,
                           sink->size);
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_program_print(size_t *out_length, const struct irqcts_program *program, char *text, size_t size)
{
    struct text_sink sink = {text, size, 0};

    text_sink_put(&sink, "irqcts-program 1\n");
    for (uint32_t i = 0; i < program->count; i++) {
        put_operation(&sink, &program->operations[i]);
        put_expectation(&sink, &program->expectations[i], program->deliveries);
        text_sink_put(&sink, "\n");
    }
    return finish(&sink, out_length);
}

int32_t irqcts_program_print_step(size_t *out_length, const struct irqcts_program *program, uint32_t index,
                                  uint32_t with_expectation, char *text, size_t size)
{
    struct text_sink sink = {text, size, 0};

    if (index >= program->count) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "step %u of a program of %u", index, program->count);
    }
    put_operation(&sink, &program->operations[index]);
    if (with_expectation != 0) {
        put_expectation(&sink, &program->expectations[index], program->deliveries);
    }
    return finish(&sink, out_length);
}
