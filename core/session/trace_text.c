/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences about a judged step, for people: permitted, seen, and why they differ. */
#include "trace_internal.h"

#include "irqcts/clauses.h"

#include "../program/text_sink.h"

static int32_t finish(const struct text_sink *sentence, size_t *out_length)
{
    *out_length = sentence->length;
    return sentence->length < sentence->size
               ? IRQCTS_ERROR_NONE
               : irqcts_fail(IRQCTS_ERROR_CAPACITY, "a sentence of %zu bytes does not fit into %zu", sentence->length,
                             sentence->size);
}

static void say_message(struct text_sink *sentence, uint32_t function, uint32_t message)
{
    if (message == IRQCTS_MESSAGE_STRAY) {
        text_sink_put(sentence, "a stray message");
    } else if (function == 0) {
        text_sink_put(sentence, "message %u", message);
    } else {
        text_sink_put(sentence, "message %u of virtual function %u", message, function - 1u);
    }
}

static void say_times(struct text_sink *sentence, uint32_t minimum, uint32_t maximum)
{
    if (minimum != maximum) {
        text_sink_put(sentence, " %u to %u times", minimum, maximum);
    } else if (minimum == 1) {
        text_sink_put(sentence, " once");
    } else {
        text_sink_put(sentence, " %u times", minimum);
    }
}

static void say_statuses(struct text_sink *sentence, uint32_t statuses)
{
    const uint32_t any = (1u << IRQCTS_STATUS_NOT_EXECUTED) - 1u;

    if ((statuses & any) == any) {
        text_sink_put(sentence, "any status");
    } else if (statuses == (any & ~1u)) {
        text_sink_put(sentence, "a refusal");
    } else {
        const char *join = "";
        for (uint32_t status = 0; status < IRQCTS_STATUS_NOT_EXECUTED; status++) {
            if ((statuses >> status) & 1u) {
                text_sink_put(sentence, "%s%s", join, irqcts_status_name(status));
                join = " or ";
            }
        }
    }
}

static int is_read(uint32_t kind)
{
    return kind == IRQCTS_OPERATION_TABLE_READ || kind == IRQCTS_OPERATION_PBA_READ ||
           kind == IRQCTS_OPERATION_CAPABILITY_READ || kind == IRQCTS_OPERATION_CONFIG_READ ||
           kind == IRQCTS_OPERATION_GET_ENTRY || kind == IRQCTS_OPERATION_GET_SIZE ||
           kind >= IRQCTS_OPERATION_VFIO_FIRST;
}

static int delivery_judgement(uint32_t kind)
{
    return kind == IRQCTS_JUDGEMENT_MISSING || kind == IRQCTS_JUDGEMENT_UNEXPECTED ||
           kind == IRQCTS_JUDGEMENT_MISROUTED || kind == IRQCTS_JUDGEMENT_STRAY;
}

static int expectation_failed(const struct trace_judged *step)
{
    return step->expectation == IRQCTS_EXPECTATION_STATUS || step->expectation == IRQCTS_EXPECTATION_VALUE ||
           step->expectation == IRQCTS_EXPECTATION_DELIVERIES;
}

/* What the oracle permits. */
static void say_permitted(struct text_sink *sentence, const struct irqcts_trace *trace, uint32_t index)
{
    const struct irqcts_judgement *judgement = &trace->judged[index].judgement;
    uint32_t kind = trace->operations[index].kind;

    if (kind == IRQCTS_OPERATION_POLL) {
        if (!delivery_judgement(judgement->kind)) {
            text_sink_put(sentence, "what was seen");
            return;
        }
        if (judgement->maximum == 0) {
            text_sink_put(sentence, "no ");
            if (judgement->message == IRQCTS_MESSAGE_STRAY) {
                text_sink_put(sentence, "stray message");
            } else {
                say_message(sentence, judgement->function, judgement->message);
            }
        } else {
            say_message(sentence, judgement->function, judgement->message);
            say_times(sentence, judgement->minimum, judgement->maximum);
        }
        return;
    }
    say_statuses(sentence, judgement->statuses);
    if (is_read(kind) && judgement->value_mask != 0) {
        text_sink_put(sentence, ", value 0x%llx", (unsigned long long)judgement->value);
        if (judgement->value_mask != (trace->operations[index].width == 8
                                          ? UINT64_MAX
                                          : (UINT64_C(1) << (8u * trace->operations[index].width)) - 1u)) {
            text_sink_put(sentence, " in bits 0x%llx", (unsigned long long)judgement->value_mask);
        }
    }
}

/* What the program's author states. */
static void say_stated(struct text_sink *sentence, const struct irqcts_trace *trace, uint32_t index)
{
    const struct irqcts_expectation *stated = &trace->stated[index];
    const char *join = "";

    if ((stated->flags & IRQCTS_EXPECTS_STATUS) != 0) {
        text_sink_put(sentence, "%s", irqcts_status_name(stated->status));
        join = ", ";
    } else if ((stated->flags & IRQCTS_EXPECTS_REFUSAL) != 0) {
        text_sink_put(sentence, "a refusal");
        join = ", ";
    }
    if ((stated->flags & IRQCTS_EXPECTS_VALUE) != 0) {
        text_sink_put(sentence, "%svalue 0x%llx", join, (unsigned long long)stated->value);
        if (stated->value_mask != UINT64_MAX) {
            text_sink_put(sentence, " in bits 0x%llx", (unsigned long long)stated->value_mask);
        }
        join = ", ";
    }
    if ((stated->flags & IRQCTS_EXPECTS_DELIVERIES) != 0) {
        text_sink_put(sentence, "%s", join);
        for (uint32_t i = 0; i < stated->delivery_count; i++) {
            const struct irqcts_expected_delivery *delivery = &trace->stated_deliveries[stated->delivery_first + i];
            text_sink_put(sentence, i > 0 ? ", " : "");
            say_message(sentence, delivery->function, delivery->message);
            say_times(sentence, delivery->minimum, delivery->maximum);
        }
        text_sink_put(sentence, stated->delivery_count == 0 ? "no message" : ", nothing else");
    }
}

int32_t irqcts_trace_expected_text(size_t *out_length, const struct irqcts_trace *trace, uint32_t index, char *text,
                                   size_t size)
{
    struct text_sink sentence = {text, size, 0};
    const struct trace_judged *step = trace_judged_at(trace, index);

    if (step == NULL) {
        return IRQCTS_ERROR_ARGUMENT;
    }
    if (step->judgement.kind == IRQCTS_JUDGEMENT_NOT_OBSERVED) {
        text_sink_put(&sentence, "not judged");
    } else if (trace->stated[index].flags != 0 && step->judgement.kind == IRQCTS_JUDGEMENT_CONFORMS) {
        say_stated(&sentence, trace, index);
    } else {
        say_permitted(&sentence, trace, index);
    }
    return finish(&sentence, out_length);
}

int32_t irqcts_trace_observed_text(size_t *out_length, const struct irqcts_trace *trace, uint32_t index, char *text,
                                   size_t size)
{
    struct text_sink sentence = {text, size, 0};
    const struct irqcts_result *result;

    if (index >= trace->count) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "step %u of a trace of %u", index, trace->count);
    }
    result = &trace->results[index];
    if (result->status != IRQCTS_STATUS_OK || trace->operations[index].kind != IRQCTS_OPERATION_POLL) {
        text_sink_put(&sentence, "%s", irqcts_status_name(result->status));
        if (result->native_kind == IRQCTS_NATIVE_ERRNO) {
            text_sink_put(&sentence, " (errno %u)", result->native_code);
        } else if (result->native_kind == IRQCTS_NATIVE_NTSTATUS) {
            text_sink_put(&sentence, " (NTSTATUS 0x%08x)", result->native_code);
        }
        if (result->status == IRQCTS_STATUS_OK && is_read(trace->operations[index].kind)) {
            text_sink_put(&sentence, ", value 0x%llx", (unsigned long long)result->value);
        }
        return finish(&sentence, out_length);
    }
    if (result->delivery_count == 0) {
        text_sink_put(&sentence, "no message");
    }
    for (uint32_t i = 0; i < result->delivery_count; i++) {
        const struct irqcts_delivery *delivery = &trace->deliveries[result->delivery_first + i];
        text_sink_put(&sentence, i > 0 ? ", " : "");
        say_message(&sentence, delivery->function, delivery->message);
        say_times(&sentence, delivery->count, delivery->count);
        if (delivery->message == IRQCTS_MESSAGE_STRAY && (delivery->address != 0 || delivery->data != 0)) {
            text_sink_put(&sentence, " (data 0x%x to address 0x%llx)", delivery->data,
                (unsigned long long)delivery->address);
        }
    }
    return finish(&sentence, out_length);
}

static void say_oracle_reason(struct text_sink *sentence, const struct irqcts_judgement *judgement)
{
    switch (judgement->kind) {
    case IRQCTS_JUDGEMENT_STATUS:
        text_sink_put(sentence, "answered %s where ", irqcts_status_name(judgement->observed_status));
        say_statuses(sentence, judgement->statuses);
        text_sink_put(sentence, " is permitted");
        break;
    case IRQCTS_JUDGEMENT_VALUE:
        text_sink_put(sentence, "bits 0x%llx differ",
            (unsigned long long)((judgement->observed_value & judgement->value_mask) ^ judgement->value));
        break;
    case IRQCTS_JUDGEMENT_MISSING:
        say_message(sentence, judgement->function, judgement->message);
        text_sink_put(sentence, judgement->observed_count == 0 ? " did not arrive" : " arrived %u times, not",
            judgement->observed_count);
        if (judgement->observed_count != 0) {
            say_times(sentence, judgement->minimum, judgement->maximum);
        }
        break;
    case IRQCTS_JUDGEMENT_MISROUTED:
        say_message(sentence, judgement->function, judgement->message);
        text_sink_put(sentence, " did not arrive; ");
        say_message(sentence, judgement->other_function, judgement->other_message);
        text_sink_put(sentence, " arrived instead");
        break;
    case IRQCTS_JUDGEMENT_UNEXPECTED:
    case IRQCTS_JUDGEMENT_STRAY:
        say_message(sentence, judgement->function, judgement->message);
        text_sink_put(sentence, " arrived");
        say_times(sentence, judgement->observed_count, judgement->observed_count);
        if (judgement->maximum == 0) {
            text_sink_put(sentence, " and must not");
        } else {
            text_sink_put(sentence, ", at most ");
            text_sink_put(sentence, "%u may", judgement->maximum);
        }
        break;
    case IRQCTS_JUDGEMENT_NOT_OBSERVED:
        text_sink_put(sentence, "the backend does not support this operation, so nothing from here on is judged");
        break;
    default:
        break;
    }
}

int32_t irqcts_trace_reason_text(size_t *out_length, const struct irqcts_trace *trace, uint32_t index, char *text,
                                 size_t size)
{
    struct text_sink sentence = {text, size, 0};
    const struct trace_judged *step = trace_judged_at(trace, index);
    const char *clause;

    if (step == NULL) {
        return IRQCTS_ERROR_ARGUMENT;
    }
    if (size > 0) {
        text[0] = '\0';
    }
    if (step->judgement.kind != IRQCTS_JUDGEMENT_CONFORMS) {
        say_oracle_reason(&sentence, &step->judgement);
        clause = irqcts_clause_id(step->judgement.clause);
        if (clause != NULL && step->judgement.kind != IRQCTS_JUDGEMENT_NOT_OBSERVED) {
            text_sink_put(&sentence, " (%s)", clause);
        }
    } else if (expectation_failed(step)) {
        text_sink_put(&sentence, "the test expects ");
        say_stated(&sentence, trace, index);
        clause = irqcts_clause_id(trace->stated[index].clause);
        if (clause != NULL) {
            text_sink_put(&sentence, " (%s)", clause);
        }
        text_sink_put(&sentence, "; the oracle permits what was seen");
    }
    return finish(&sentence, out_length);
}
