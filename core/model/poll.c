/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The poll: what arrived, compared with the intervals that delivery.c has
 * gathered since the last one.
 */
#include "model_internal.h"

/* Whether more than `maximum` of one message may be overlooked: without exact
 * counts, or where one event may repeat its message, only "none" is exact. */
static int excess_tolerated(const struct irqcts_model *model, uint32_t maximum)
{
    return maximum > 0 && ((model->configuration.observations & IRQCTS_OBSERVES_EXACT_COUNTS) == 0 ||
                           (model->configuration.properties & IRQCTS_PROPERTY_REPEATS) != 0);
}

/* Without exact counts n deliveries of one message may show as one. */
static uint32_t least_seen(const struct irqcts_model *model, uint32_t minimum)
{
    return minimum > 0 && (model->configuration.observations & IRQCTS_OBSERVES_EXACT_COUNTS) == 0 ? 1u : minimum;
}

/* One message that arrived too seldom or too often. */
struct finding {
    uint32_t kind; /* enum irqcts_judgement_kind */
    uint32_t clause;
    uint32_t function;
    uint32_t message;
    uint32_t minimum;
    uint32_t maximum;
    uint32_t observed;
};

struct poll_findings {
    uint32_t short_messages; /* how many messages are short */
    uint32_t excess;         /* deliveries above what was permitted */
    uint32_t total;          /* deliveries seen */
    struct finding missing;  /* the first of each */
    struct finding unexpected;
};

static void report(struct irqcts_judgement *out, const struct finding *finding)
{
    out->kind = finding->kind;
    out->clause = finding->clause;
    out->function = finding->function;
    out->message = finding->message;
    out->minimum = finding->minimum;
    out->maximum = finding->maximum;
    out->observed_count = finding->observed;
}

/* A counter whose count is outside its interval. */
static void find_difference(const struct irqcts_model *model, uint32_t function, uint32_t message,
                            const struct model_counter *counter, struct poll_findings *findings)
{
    struct finding finding = {.function = function,
                              .message = message,
                              .minimum = counter->minimum,
                              .maximum = counter->maximum,
                              .observed = counter->observed};

    if (counter->observed < least_seen(model, counter->minimum)) {
        if (findings->short_messages++ == 0) {
            finding.kind = IRQCTS_JUDGEMENT_MISSING;
            finding.clause = counter->sent_by;
            findings->missing = finding;
        }
    } else if (counter->observed > counter->maximum && !excess_tolerated(model, counter->maximum)) {
        if (findings->excess == 0) {
            finding.kind = IRQCTS_JUDGEMENT_UNEXPECTED;
            finding.clause = counter->maximum > 0 ? IRQCTS_CLAUSE_SEND_ONCE : counter->silent_by;
            if (counter->sent_by == IRQCTS_CLAUSE_PEND_RELEASE && counter->maximum > 0) {
                finding.clause = IRQCTS_CLAUSE_PEND_COALESCE;
            }
            if (finding.clause == IRQCTS_CLAUSE_NONE) {
                finding.clause = IRQCTS_CLAUSE_SEND_ONCE;
            }
            findings->unexpected = finding;
        }
        findings->excess += counter->observed - counter->maximum;
    }
}

/* Compares one function's touched counters and zeroes them. */
static void compare_function(struct irqcts_model *model, uint32_t f, struct poll_findings *findings)
{
    struct model_function *function = model_function(model, f);
    struct model_counter *counters = &model_counters(model)[function->first_message];
    uint32_t words = words_for(function->messages);
    uint32_t word;

    for (word = 0; word < words; word++) {
        uint64_t bits = function->touched[word];
        function->touched[word] = 0;
        while (bits != 0) {
            uint32_t message = word * 64u + lowest_bit(bits);
            struct model_counter *counter = &counters[message];
            bits &= bits - 1u;
            if (counter->observed - counter->minimum > counter->maximum - counter->minimum) {
                find_difference(model, f, message, counter, findings);
            }
            counter->minimum = 0;
            counter->maximum = 0;
            counter->observed = 0;
        }
    }
}

static void compare_strays(const struct irqcts_model *model, uint32_t strays, struct poll_findings *findings)
{
    struct finding finding = {.message = IRQCTS_MESSAGE_STRAY,
                              .minimum = model->stray_minimum,
                              .maximum = model->stray_maximum,
                              .observed = strays};

    if (strays > model->stray_maximum) {
        if (findings->excess == 0) {
            finding.kind = IRQCTS_JUDGEMENT_STRAY;
            finding.clause = model->last_virtualized_function != NO_ENTRY ? IRQCTS_CLAUSE_VWRITE_NO_TEAR
                                                                          : IRQCTS_CLAUSE_SEND_FORM;
            findings->unexpected = finding;
        }
        findings->excess += strays - model->stray_maximum;
    } else if ((model->configuration.observations & IRQCTS_OBSERVES_STRAYS) != 0 &&
               strays < least_seen(model, model->stray_minimum) && findings->short_messages++ == 0) {
        finding.kind = IRQCTS_JUDGEMENT_MISSING;
        finding.clause = model->stray_by;
        findings->missing = finding;
    }
}

/* Every message is within its interval; the sum must be too. */
static void compare_total(const struct irqcts_model *model, uint32_t total, struct irqcts_judgement *out)
{
    const uint32_t seen = IRQCTS_OBSERVES_EXACT_COUNTS | IRQCTS_OBSERVES_STRAYS;
    struct finding finding = {.clause = model->total_by != 0 ? model->total_by : (uint32_t)IRQCTS_CLAUSE_SEND_ONCE,
                              .message = IRQCTS_MESSAGE_STRAY,
                              .minimum = model->total_minimum,
                              .maximum = model->total_maximum,
                              .observed = total};

    if ((model->configuration.observations & seen) == seen &&
        (model->configuration.properties & IRQCTS_PROPERTY_REPEATS) == 0) {
        finding.kind = total < model->total_minimum ? IRQCTS_JUDGEMENT_MISSING : IRQCTS_JUDGEMENT_UNEXPECTED;
        report(out, &finding);
    }
}

uint32_t judge_poll(const struct model_step *step, const struct irqcts_delivery *deliveries, uint32_t count,
                    struct irqcts_judgement *out)
{
    struct irqcts_model *model = step->model;
    struct poll_findings findings = {0};
    uint32_t strays = 0;
    uint32_t word;
    uint32_t i;

    for (i = 0; i < count; i++) {
        const struct irqcts_delivery *delivery = &deliveries[i];
        findings.total += delivery->count;
        if (delivery->function < model->functions &&
            delivery->message < model_function(model, delivery->function)->messages) {
            struct model_function *function = model_function(model, delivery->function);
            model_counters(model)[function->first_message + delivery->message].observed += delivery->count;
            bit_set(function->touched, delivery->message);
            bit_set(model->touched_functions, delivery->function);
        } else {
            strays += delivery->count;
        }
    }
    if (model->under_way) {
        settle_under_way(model);
    }
    for (word = 0; word < sizeof(model->touched_functions) / sizeof(model->touched_functions[0]); word++) {
        uint64_t bits = model->touched_functions[word];
        model->touched_functions[word] = 0;
        for (; bits != 0; bits &= bits - 1u) {
            compare_function(model, word * 64u + lowest_bit(bits), &findings);
        }
    }
    if (strays - model->stray_minimum > model->stray_maximum - model->stray_minimum) {
        compare_strays(model, strays, &findings);
    }

    if (findings.short_messages > 0) {
        report(out, &findings.missing);
        if (findings.excess > model->anywhere) {
            out->kind = IRQCTS_JUDGEMENT_MISROUTED;
            out->other_function = findings.unexpected.function;
            out->other_message = findings.unexpected.message;
        }
    } else if (findings.excess > model->anywhere) {
        report(out, &findings.unexpected);
        if (model->anywhere > 0) {
            out->clause = IRQCTS_CLAUSE_SEND_ONCE; /* any message was due, and more of them arrived */
        }
    } else if (findings.total - model->total_minimum > model->total_maximum - model->total_minimum) {
        compare_total(model, findings.total, out);
    }

    model->total_minimum = 0;
    model->total_maximum = 0;
    model->stray_minimum = 0;
    model->stray_maximum = 0;
    model->anywhere = 0;
    model->total_by = 0;
    return out->kind;
}

static void append(struct irqcts_delivery_buffer *deliveries, uint32_t function, uint32_t message, uint32_t count,
                   const struct irqcts_message *what)
{
    struct irqcts_delivery *record;

    if (count == 0) {
        return;
    }
    if (deliveries->count == deliveries->capacity) {
        deliveries->lost++;
        return;
    }
    record = &deliveries->records[deliveries->count++];
    record->function = function;
    record->message = message;
    record->count = count;
    record->data = what != NULL ? what->data : 0;
    record->address = what != NULL ? what->address : 0;
}

/* Every minimum, and out of the rest as many as the total asks for: an entry
 * rewritten while unmasked sends one of two messages, one with open contents
 * anything (here a stray). */
void predict_poll(const struct irqcts_model *model, struct irqcts_delivery_buffer *deliveries)
{
    const struct irqcts_message *messages = model_messages(model);
    uint32_t owed = model->total_minimum - model->stray_minimum;
    uint32_t f;
    uint32_t i;

    for (i = 0; i < model->total_messages; i++) {
        owed -= model_counters(model)[i].minimum;
    }
    for (f = 0; f < model->functions; f++) {
        const struct model_function *function = model_function(model, f);
        for (i = 0; i < function->messages && bit_test(model->touched_functions, f); i++) {
            const struct model_counter *counter = &model_counters(model)[function->first_message + i];
            uint32_t extra = counter->maximum - counter->minimum;
            if (extra > owed) {
                extra = owed;
            }
            owed -= extra;
            append(deliveries, f, i, counter->minimum + extra, &messages[function->first_message + i]);
        }
    }
    append(deliveries, 0, IRQCTS_MESSAGE_STRAY, model->stray_minimum + owed, NULL);
}
