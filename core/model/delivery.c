/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of an event: sent, pending, dropped or open, and what must
 * therefore be found at the next poll.  All of SEND-*, PEND-* and ENABLE-* that
 * is about messages is decided here, whichever view caused it.
 */
#include "model_internal.h"

/* Whether an event on an entry goes out as a message now (SEND-CONDITION). */
enum gate { GATE_CLOSED, GATE_OPEN, GATE_UNKNOWN };

static enum gate entry_gate(const struct model_function *function, const struct model_entry *entry)
{
    if (!function->enabled || function->function_mask || !function->bus_master || function->paused) {
        return GATE_CLOSED;
    }
    if ((entry->known & KNOWN(VECTOR_CONTROL)) == 0) {
        return GATE_UNKNOWN;
    }
    return (entry->vector_control & MASK_BIT) != 0 ? GATE_CLOSED : GATE_OPEN;
}

/* Where an entry's message goes.  Returns 0 when the entry's contents are open,
 * so that it may arrive as anything. */
static int entry_target(const struct irqcts_model *model, struct model_entry *entry, uint32_t *out)
{
    if (entry->opaque) {
        *out = entry->hint;
        return 1;
    }
    if ((entry->known & KNOWN_MESSAGE) != KNOWN_MESSAGE || (entry->address & 3u) != 0) {
        return 0; /* never programmed, torn by an odd access, or ENTRY-ADDRESS-LOW-BITS */
    }
    entry->hint = find_message(model, entry->address, entry->data, entry->hint);
    *out = entry->hint;
    return 1;
}

static uint32_t owner_of(const struct irqcts_model *model, uint32_t target)
{
    uint32_t f = 0;

    while (f + 1 < model->functions && target >= model_function(model, f + 1)->first_message) {
        f++;
    }
    return f;
}

static void touch(struct irqcts_model *model, const struct model_function *function, uint32_t target)
{
    uint32_t owner;

    /* Nearly always an entry sends a message of its own function. */
    if (target >= function->first_message && target - function->first_message < function->messages) {
        owner = (uint32_t)(function - model_function(model, 0));
    } else {
        owner = owner_of(model, target);
    }
    bit_set(model_function(model, owner)->touched, target - model_function(model, owner)->first_message);
    bit_set(model->touched_functions, owner);
}

static void add_interval(struct irqcts_model *model, const struct model_function *function, uint32_t target,
                         uint32_t entry, uint32_t minimum, uint32_t maximum, enum irqcts_clause clause)
{
    struct model_counter *counter;

    if (target == NO_TARGET) {
        model->stray_minimum += minimum;
        model->stray_maximum += maximum;
        model->stray_by = (uint16_t)clause;
        return;
    }
    counter = &model_counters(model)[target];
    counter->minimum += minimum;
    counter->maximum += maximum;
    if (minimum > 0 || counter->minimum == 0) { /* of several the one that must arrive is missed */
        counter->sent_by = (uint16_t)clause;
    }
    counter->silent_by = 0;
    counter->last_entry = entry + 1u;
    touch(model, function, target);
}

/* What a delivery shows of the other entries' operations: that they left this one alone. */
static void show_independence(const struct model_step *step, const struct model_function *function,
                              const struct model_entry *entry, uint32_t index, uint32_t target)
{
    int masked_another = function->last_masked != NO_ENTRY && function->last_masked != index;
    uint32_t last = target != NO_TARGET ? model_counters(step->model)[target].last_entry : 0;
    int shared = last != 0 && last != index + 1u;
    struct irqcts_coverage all = {{0}};
    struct irqcts_coverage covered = {{0}};

    gather(&all, 1, IRQCTS_CLAUSE_SEND_CONDITION);
    gather(&all, 1, IRQCTS_CLAUSE_SEND_FORM);
    gather(&all, 1, IRQCTS_CLAUSE_SEND_ONCE);
    covered = all;
    gather(&all, 1, IRQCTS_CLAUSE_SEND_ALIAS);
    gather(&all, 1, IRQCTS_CLAUSE_ROUTE_SET_SHARED);
    gather(&all, 1, IRQCTS_CLAUSE_ENTRY_ADDRESS_64);
    gather(&all, 1, IRQCTS_CLAUSE_ROUTE_SET_ONLY_ONE);
    gather(&all, 1, IRQCTS_CLAUSE_ROUTE_MASK_INDEPENDENT);
    gather(&all, 1, IRQCTS_CLAUSE_PEND_INDEPENDENT);
    if (covers(step, &all)) {
        return;
    }
    gather(&covered, shared, IRQCTS_CLAUSE_SEND_ALIAS);
    gather(&covered, shared && (entry->origin == ORIGIN_SET || entry->origin == ORIGIN_DEFAULT),
           IRQCTS_CLAUSE_ROUTE_SET_SHARED);
    gather(&covered, (entry->address >> 32) != 0, IRQCTS_CLAUSE_ENTRY_ADDRESS_64);
    gather(&covered, function->last_set != NO_ENTRY && function->last_set != index, IRQCTS_CLAUSE_ROUTE_SET_ONLY_ONE);
    gather(&covered, masked_another, IRQCTS_CLAUSE_ROUTE_MASK_INDEPENDENT);
    gather(&covered, masked_another, IRQCTS_CLAUSE_PEND_INDEPENDENT);
    cover_gathered(step, &covered);
}

/* Which clause a delivery proves, beyond the one that makes it due: how the
 * entry came by its message. */
static enum irqcts_clause provenance(const struct model_step *step, const struct model_function *function,
                                     const struct model_entry *entry, uint32_t index)
{
    static const uint8_t clauses[] = {[ORIGIN_REGISTER] = IRQCTS_CLAUSE_SEND_CONDITION,
                                      [ORIGIN_DEFAULT] = IRQCTS_CLAUSE_ROUTE_DEFAULT_IDENTITY,
                                      [ORIGIN_SET] = IRQCTS_CLAUSE_ROUTE_SET_ASSIGNS,
                                      [ORIGIN_VIRTUALIZED] = IRQCTS_CLAUSE_VWRITE_WRITES};
    const struct irqcts_model *model = step->model;
    enum irqcts_clause clause;

    if (model->last_virtualized_function != NO_ENTRY) {
        if (model_function(model, model->last_virtualized_function) != function) {
            cover(step, IRQCTS_CLAUSE_VWRITE_ISOLATION_VF);
        }
        if (function->last_virtualized != NO_ENTRY && function->last_virtualized != index) {
            cover(step, IRQCTS_CLAUSE_VWRITE_ISOLATION_ENTRY);
        }
    }
    clause = (enum irqcts_clause)clauses[entry->origin];
    if (entry->origin == ORIGIN_DEFAULT && index >= function->messages) {
        clause = IRQCTS_CLAUSE_ROUTE_DEFAULT_SURPLUS;
    }
    cover(step, clause);
    return clause;
}

/* Between `minimum` and `maximum` messages of an entry must have arrived by the
 * next poll.  `clause` says why; NONE: the way the entry got its message. */
static void expect_send(const struct model_step *step, struct model_function *function, uint32_t index,
                        uint32_t minimum, uint32_t maximum, enum irqcts_clause clause)
{
    struct irqcts_model *model = step->model;
    struct model_entry *entry = &model_entries(model, function)[index];
    uint32_t target = NO_TARGET;
    uint32_t former;
    enum irqcts_clause origin;

    model->total_minimum += minimum;
    model->total_maximum += maximum;
    if (entry->rewritten == REWRITTEN_ANYHOW || !entry_target(model, entry, &target)) {
        model->anywhere += maximum;
        return;
    }
    show_independence(step, function, entry, index, target);
    origin = provenance(step, function, entry, index);
    if (clause == IRQCTS_CLAUSE_NONE) {
        clause = origin;
    } else {
        cover(step, clause);
    }
    if (!entry->rewritten) {
        add_interval(model, function, target, index, minimum, maximum, clause);
        return;
    }
    if (entry->rewritten == REWRITTEN_UNMASKED) {
        entry->rewritten = REWRITTEN_TAKEN;
    }
    /* SEND-REWRITE-UNMASKED: the old or the new message; the total keeps it one. */
    cover(step, IRQCTS_CLAUSE_SEND_REWRITE_UNMASKED);
    model->total_by = IRQCTS_CLAUSE_SEND_REWRITE_UNMASKED;
    former = find_message(model, entry->former_address, entry->former_data, NO_TARGET);
    if (former == target) {
        add_interval(model, function, target, index, minimum, maximum, clause);
    } else {
        add_interval(model, function, target, index, 0, maximum, IRQCTS_CLAUSE_SEND_REWRITE_UNMASKED);
        add_interval(model, function, former, index, 0, maximum, IRQCTS_CLAUSE_SEND_REWRITE_UNMASKED);
    }
}

/* Remembers by which clause nothing may arrive from this entry. */
static void expect_silence(const struct model_step *step, const struct model_function *function, uint32_t index,
                           enum irqcts_clause clause)
{
    uint32_t target = NO_TARGET;

    cover(step, clause);
    if (entry_target(step->model, &model_entries(step->model, function)[index], &target) && target != NO_TARGET) {
        model_counters(step->model)[target].silent_by = (uint16_t)clause;
    }
}

static void set_pending(struct model_function *function, uint32_t index, enum irqcts_pending pending)
{
    uint64_t bit = UINT64_C(1) << (index % 64u);
    uint64_t *possible = &function->possible[index / 64u];
    uint64_t *certain = &function->certain[index / 64u];

    *possible = pending != IRQCTS_PENDING_NO ? *possible | bit : *possible & ~bit;
    *certain = pending == IRQCTS_PENDING_YES ? *certain | bit : *certain & ~bit;
    forget_under_way(function, index);
}

static enum irqcts_pending get_pending(const struct model_function *function, uint32_t index)
{
    if (bit_test(function->certain, index)) {
        return IRQCTS_PENDING_YES;
    }
    return bit_test(function->possible, index) ? IRQCTS_PENDING_UNKNOWN : IRQCTS_PENDING_NO;
}

/* An event whose fate is open makes a pending bit unknown unless it was set already. */
static void maybe_pending(struct model_function *function, uint32_t index)
{
    bit_set(function->possible, index);
    forget_under_way(function, index);
}

/* Something of the function is under way from here on. */
static void begin_under_way(struct irqcts_model *model, struct model_function *function)
{
    uint32_t word;

    if (function->under_way) {
        return;
    }
    for (word = 0; word < words_for(function->entries); word++) {
        function->perhaps_sent[word] = 0;
        function->owed[word] = 0;
        function->released[word] = 0;
    }
    function->under_way = 1;
    model->under_way = 1;
}

/* A message of the entry has just been expected as one that may arrive or not. */
static void perhaps_sent(struct irqcts_model *model, struct model_function *function, uint32_t index, int owed)
{
    struct model_entry *entry = &model_entries(model, function)[index];
    uint32_t target = NO_TARGET;

    if (!entry->rewritten && entry_target(model, entry, &target) && target != NO_TARGET) { /* else no counter tells */
        begin_under_way(model, function);
        bit_set(function->perhaps_sent, index);
        if (owed) {
            bit_set(function->owed, index);
        }
    }
}

void deliver_event(const struct model_step *step, struct model_function *function, uint32_t index)
{
    const struct irqcts_model *model = step->model;
    uint32_t readings = model->configuration.readings;
    const struct model_entry *entry = &model_entries(model, function)[index];
    struct irqcts_coverage covered = {{0}};
    int masked = (entry->known & KNOWN(VECTOR_CONTROL)) != 0 && (entry->vector_control & MASK_BIT) != 0;

    if (model->configuration.stimulus == IRQCTS_STIMULUS_LOOPBACK) {
        /* The path without the device: masks play no part (VFIO-LOOPBACK). */
        expect_send(step, function, index, 1, 1, IRQCTS_CLAUSE_VFIO_LOOPBACK);
        return;
    }
    if (!function->enabled) {
        expect_silence(step, function, index, IRQCTS_CLAUSE_ENABLE_OFF_SILENT);
        cover(step, IRQCTS_CLAUSE_ENABLE_OFF_EVENT);
        if ((readings & IRQCTS_READING_DISABLED_EVENT_KEPT) != 0) {
            set_pending(function, index, IRQCTS_PENDING_YES);
        } else if ((readings & IRQCTS_READING_DISABLED_EVENT_DROPPED) == 0) {
            maybe_pending(function, index);
        }
    } else if (function->function_mask || masked) {
        gather(&covered, bit_test(function->certain, index), IRQCTS_CLAUSE_PEND_COALESCE);
        gather(&covered, 1, IRQCTS_CLAUSE_PEND_EFFECTIVE_MASK);
        gather(&covered, 1, IRQCTS_CLAUSE_PEND_MASK_EFFECTIVE);
        gather(&covered, 1, IRQCTS_CLAUSE_PEND_SET);
        cover_gathered(step, &covered);
        if (entry->origin == ORIGIN_VIRTUALIZED && masked) {
            cover(step, IRQCTS_CLAUSE_VWRITE_MASKED);
        }
        expect_silence(step, function, index,
                       function->last_masked == index && function->started ? IRQCTS_CLAUSE_ROUTE_MASK
                                                                           : IRQCTS_CLAUSE_PEND_SET);
        set_pending(function, index, IRQCTS_PENDING_YES);
    } else if (function->paused) {
        /* Latched and reported after the resume, or saved (SAVE-COMPLETE). */
        expect_silence(step, function, index, IRQCTS_CLAUSE_VWRITE_PAUSED);
        set_pending(function, index, IRQCTS_PENDING_YES);
    } else if (!function->bus_master) {
        expect_silence(step, function, index, IRQCTS_CLAUSE_SEND_BUS_MASTER_OFF);
        if ((readings & IRQCTS_READING_BUS_MASTER_OFF_PENDS) != 0) {
            set_pending(function, index, IRQCTS_PENDING_YES);
        } else if ((readings & IRQCTS_READING_BUS_MASTER_OFF_LOSES) == 0) {
            maybe_pending(function, index);
        }
    } else if (entry_gate(function, entry) == GATE_UNKNOWN) {
        /* Sent or pending, whichever the mask says: with nothing before it, it is one message in all. */
        enum irqcts_pending before = get_pending(function, index);
        expect_send(step, function, index, 0, 1, IRQCTS_CLAUSE_ENTRY_ACCESS_WIDTH);
        bit_set(function->possible, index);
        if (before == IRQCTS_PENDING_NO) {
            perhaps_sent(step->model, function, index, 1);
        }
    } else {
        expect_send(step, function, index, 1, 1, IRQCTS_CLAUSE_NONE);
    }
}

void withdraw_event(const struct model_step *step, struct model_function *function, uint32_t index)
{
    if (bit_test(function->possible, index)) {
        expect_silence(step, function, index, IRQCTS_CLAUSE_PEND_WITHDRAWN);
        cover(step, IRQCTS_CLAUSE_PEND_POLLING);
    }
    set_pending(function, index, IRQCTS_PENDING_NO);
}

/* Of the messages that may have arrived as `counter` counts: none did, all did, or 0 where that stays open. */
enum arrival { ARRIVAL_OPEN, ARRIVAL_NONE, ARRIVAL_ALL };

static enum arrival arrival(const struct irqcts_model *model, const struct model_counter *counter)
{
    int exact = (model->configuration.observations & IRQCTS_OBSERVES_EXACT_COUNTS) != 0 &&
                (model->configuration.properties & IRQCTS_PROPERTY_REPEATS) == 0;

    if (exact ? counter->observed <= counter->minimum : counter->observed == 0) {
        return ARRIVAL_NONE;
    }
    if (model->anywhere > 0) {
        return ARRIVAL_OPEN; /* what arrived may be of an entry whose contents are open */
    }
    if (exact ? counter->observed >= counter->maximum : counter->minimum == 0 && counter->maximum == 1) {
        return ARRIVAL_ALL;
    }
    return ARRIVAL_OPEN;
}

void settle_under_way(struct irqcts_model *model)
{
    uint32_t f;

    for (f = 0; f < model->functions; f++) {
        struct model_function *function = model_function(model, f);
        const struct model_entry *entries = model_entries(model, function);
        uint32_t word = function->under_way ? words_for(function->entries) : 0;
        while (word > 0) {
            uint64_t bits;
            word--;
            bits = function->perhaps_sent[word] & function->possible[word];
            for (; bits != 0; bits &= bits - 1u) {
                uint32_t index = word * 64u + lowest_bit(bits);
                enum arrival seen = arrival(model, &model_counters(model)[entries[index].hint]);
                if (seen == ARRIVAL_ALL) {
                    set_pending(function, index, IRQCTS_PENDING_NO);
                } else if (seen == ARRIVAL_NONE && bit_test(function->owed, index)) {
                    set_pending(function, index, IRQCTS_PENDING_YES);
                }
            }
        }
        function->under_way = 0;
    }
    model->under_way = 0;
}

/* The gate of a possibly pending entry may have opened: what was pending goes out. */
static void release(const struct model_step *step, struct model_function *function, uint32_t index,
                    enum irqcts_clause clause)
{
    const struct model_entry *entry = &model_entries(step->model, function)[index];
    enum irqcts_pending pending = get_pending(function, index);
    enum gate gate = entry_gate(function, entry);

    if (pending == IRQCTS_PENDING_NO) {
        return;
    }
    if (gate == GATE_OPEN) {
        /* Perhaps it was sent already: then it is not sent again, and if it was owed it is one in all. */
        uint32_t maximum = under_way(function, function->perhaps_sent, index) ? 0 : 1;
        uint32_t minimum = pending == IRQCTS_PENDING_YES || under_way(function, function->owed, index) ? 1 : 0;
        expect_send(step, function, index, minimum, maximum, clause);
        cover(step, IRQCTS_CLAUSE_PEND_FRESH);
        set_pending(function, index, IRQCTS_PENDING_NO);
        if ((step->model->configuration.properties & IRQCTS_PROPERTY_SYNCHRONOUS) == 0) {
            begin_under_way(step->model, function);
            bit_set(function->released, index);
        }
    } else if (gate == GATE_UNKNOWN) {
        if (!under_way(function, function->perhaps_sent, index)) {
            expect_send(step, function, index, 0, 1, clause);
            set_pending(function, index, IRQCTS_PENDING_UNKNOWN);
            perhaps_sent(step->model, function, index, pending == IRQCTS_PENDING_YES);
        }
    } else if (function->enabled && !function->function_mask && !function->paused &&
               (entry->vector_control & MASK_BIT) == 0) {
        /* Only Bus Master stops it, and may lose it (SEND-BUS-MASTER-OFF). */
        if ((step->model->configuration.readings & IRQCTS_READING_BUS_MASTER_OFF_PENDS) == 0) {
            bit_clear(function->certain, index);
            bit_clear(function->owed, index);
        }
        expect_silence(step, function, index, IRQCTS_CLAUSE_SEND_BUS_MASTER_OFF);
    }
}

/* The same for every entry of a function; returns how many were due. */
static uint32_t release_all(const struct model_step *step, struct model_function *function, enum irqcts_clause clause)
{
    uint32_t words = words_for(function->entries);
    uint32_t released = 0;
    uint32_t word;

    for (word = 0; word < words; word++) {
        uint64_t bits = function->possible[word];
        while (bits != 0) {
            uint32_t index = word * 64u + lowest_bit(bits);
            uint64_t before = function->possible[word];
            bits &= bits - 1u;
            release(step, function, index, clause);
            if (function->possible[word] != before) {
                released++;
            } else if (function->enabled && !function->function_mask && function->bus_master && !function->paused) {
                expect_silence(step, function, index, IRQCTS_CLAUSE_PEND_HELD);
            }
        }
    }
    return released;
}

void settle_former(struct model_function *function, struct model_entry *entry)
{
    if (entry->rewritten) {
        entry->rewritten = REWRITTEN_NOT;
        function->rewritten--;
    }
}

/* Effectively masked from here on: whatever is sent next comes after an unmask
 * and uses the new contents (SEND-REWRITE-UNMASKED). */
static void settle_all_former(struct irqcts_model *model, struct model_function *function)
{
    struct model_entry *entries = model_entries(model, function);
    uint32_t i;

    for (i = 0; i < function->entries && function->rewritten > 0; i++) {
        settle_former(function, &entries[i]);
    }
}

/* A moment at which the function may take what its unmasked entries hold. */
static void take_rewritten(struct irqcts_model *model, const struct model_function *function)
{
    struct model_entry *entries = model_entries(model, function);
    uint32_t i;

    for (i = 0; i < function->entries && function->rewritten > 0; i++) {
        if (entries[i].rewritten == REWRITTEN_UNMASKED) {
            entries[i].rewritten = REWRITTEN_TAKEN;
        }
    }
}

/* Called before address or data of an entry change by register writes. */
void change_message(const struct irqcts_model *model, struct model_function *function, struct model_entry *entry)
{
    int mask_open = (entry->known & KNOWN(VECTOR_CONTROL)) == 0;
    int unmasked = mask_open || (entry->vector_control & MASK_BIT) == 0;

    forget_under_way(function, (uint32_t)(entry - model_entries(model, function)));
    entry->origin = ORIGIN_REGISTER;
    if (entry->opaque) {
        entry->opaque = 0;
        entry->hint = NO_TARGET;
    }
    /* Also while disabled: what was held is let go at an unmask, and Enable is no mask. */
    if (unmasked && !function->function_mask && !function->paused && !entry->rewritten) {
        entry->rewritten = (entry->known & KNOWN_MESSAGE) != KNOWN_MESSAGE ? REWRITTEN_ANYHOW
                           : mask_open                                     ? REWRITTEN_MASK_OPEN
                                                                           : REWRITTEN_UNMASKED;
        entry->former_address = entry->address;
        entry->former_data = entry->data;
        function->rewritten++;
    } else if (entry->rewritten == REWRITTEN_TAKEN || entry->rewritten == REWRITTEN_MASK_OPEN ||
               (entry->rewritten && (entry->known & KNOWN_MESSAGE) != KNOWN_MESSAGE)) {
        entry->rewritten = REWRITTEN_ANYHOW;
    }
}

void set_mask(const struct model_step *step, struct model_function *function, uint32_t index, uint32_t vector_control,
              int mask_known, enum irqcts_clause release_clause)
{
    struct model_entry *entry = &model_entries(step->model, function)[index];
    int was_known = (entry->known & KNOWN(VECTOR_CONTROL)) != 0;
    int was_unmasked = was_known && (entry->vector_control & MASK_BIT) == 0;
    int unmasked = mask_known && (vector_control & MASK_BIT) == 0;

    function->unmasked = function->unmasked - (uint32_t)was_unmasked + (uint32_t)unmasked;
    entry->vector_control = vector_control;
    entry->control_written = 1;
    entry->known = (uint8_t)(mask_known ? entry->known | KNOWN(VECTOR_CONTROL) : entry->known & ~KNOWN(VECTOR_CONTROL));
    if (mask_known && !unmasked) {
        settle_former(function, entry);
        if (was_known && !was_unmasked) {
            cover(step, IRQCTS_CLAUSE_PEND_NOTHING); /* an unchanged mask is rewritten */
        }
        return;
    }
    if (!bit_test(function->possible, index)) {
        if (!was_unmasked || unmasked) {
            expect_silence(step, function, index, IRQCTS_CLAUSE_PEND_NOTHING);
        }
    } else if (function->enabled && function->function_mask) {
        expect_silence(step, function, index, IRQCTS_CLAUSE_PEND_HELD);
    }
    if (function->was_reset && unmasked) {
        cover(step, IRQCTS_CLAUSE_RESET_NO_STALE);
        cover(step, IRQCTS_CLAUSE_PEND_FIRST_UNMASK);
    }
    release(step, function, index, release_clause);
}

/* Enable was cleared: whether what pended survives is open (ENABLE-CYCLE-PENDING). */
static void open_pending(const struct model_step *step, struct model_function *function)
{
    uint32_t readings = step->model->configuration.readings;
    uint32_t word;

    for (word = 0; word < words_for(function->entries); word++) {
        if (function->possible[word] == 0) {
            continue;
        }
        cover(step, IRQCTS_CLAUSE_ENABLE_CYCLE_PENDING);
        if ((readings & IRQCTS_READING_PENDING_CLEARED_BY_DISABLE) != 0) {
            function->possible[word] = 0;
            function->certain[word] = 0;
        } else if ((readings & IRQCTS_READING_PENDING_SURVIVES_DISABLE) == 0) {
            function->certain[word] = 0;
            function->owed[word] = 0;
        }
    }
}

void set_control(const struct model_step *step, struct model_function *function, int enabled, int function_mask)
{
    int was_enabled = function->enabled;
    int was_masked = function->function_mask;

    function->enabled = (uint8_t)enabled;
    function->function_mask = (uint8_t)function_mask;
    if (function_mask) {
        settle_all_former(step->model, function);
    }
    if (!enabled) {
        if (was_enabled) {
            cover(step, IRQCTS_CLAUSE_ENABLE_CYCLE);
            open_pending(step, function);
        }
        return;
    }
    if (!was_enabled) {
        cover(step, function->unmasked == 0 && !function_mask ? IRQCTS_CLAUSE_ENABLE_NONE_UNMASKED
                                                              : IRQCTS_CLAUSE_ENABLE_BOTH_ORDERS);
        cover(step, IRQCTS_CLAUSE_ENTRY_RETAINED);
        take_rewritten(step->model, function);
        release_all(step, function, IRQCTS_CLAUSE_ENABLE_OFF_EVENT);
    } else if (was_masked && !function_mask) {
        cover(step, IRQCTS_CLAUSE_CAP_FUNCTION_MASK);
        if (release_all(step, function, IRQCTS_CLAUSE_PEND_RELEASE) > 1) {
            cover(step, IRQCTS_CLAUSE_PEND_RELEASE_MANY);
        }
    } else if (was_masked == function_mask) {
        cover(step, IRQCTS_CLAUSE_PEND_NOTHING);
    }
}

void set_bus_master(const struct model_step *step, struct model_function *function, int on)
{
    uint32_t word;

    if (on == function->bus_master) {
        return;
    }
    function->bus_master = (uint8_t)on;
    if (!on) {
        return;
    }
    for (word = 0; word < words_for(function->entries); word++) {
        uint64_t unknown = function->possible[word] & ~function->certain[word];
        if (function->possible[word] != 0) {
            uint64_t bits = function->possible[word];
            while (bits != 0) {
                uint32_t index = word * 64u + lowest_bit(bits);
                bits &= bits - 1u;
                release(step, function, index, IRQCTS_CLAUSE_SEND_BUS_MASTER_OFF);
            }
            /* Pended but not sent when Bus Master returns is within the accepted set
             * too: what was open stays open until a poll, the table or the PBA settles it. */
            unknown &= ~function->possible[word];
            for (bits = unknown; bits != 0; bits &= bits - 1u) {
                perhaps_sent(step->model, function, word * 64u + lowest_bit(bits), 0);
            }
            function->possible[word] |= unknown;
        }
    }
}

void set_paused(const struct model_step *step, struct model_function *function, int on)
{
    function->paused = (uint8_t)on;
    if (on) {
        settle_all_former(step->model, function);
    } else {
        release_all(step, function, IRQCTS_CLAUSE_SAVE_RESTORE_EQUAL);
    }
}
