/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A history, its groups, the verdict, and the calls that matter.
 *
 * What kind of violation it is, is asked of the oracle too: a history is LOST
 * when it has an order as soon as a message may be lost, DUPLICATED when one
 * may come that nothing sent, MISROUTED when it takes both.
 *
 * The minimal history may not simply leave calls out: they did happen, and what
 * remains would then fail for their absence.  A call is left out by making it
 * optional (it took effect or did not, and what it saw proves nothing); if even
 * then there is no order, the violation does not depend on it.
 */
#include "../program/text_sink.h"
#include "history_search.h"
#include "irqcts/program.h"

#include <stdlib.h>
#include <string.h>

enum {
    SEARCHES_MAX = 600, /* for a minimal history */
    MARGIN = 40         /* instants before the failure at which it begins, if the state is known there */
};

struct seen_range {
    uint32_t first;
    uint32_t count;
};

struct irqcts_history {
    struct irqcts_history_shape shape;
    struct irqcts_history_call *calls;
    struct seen_range *ranges;
    struct irqcts_history_delivery *seen;
    uint32_t count;
    uint32_t capacity;
    uint32_t seen_count;
    uint32_t seen_capacity;
    /* What the last check found. */
    struct irqcts_history_report report;
    uint32_t *kept;
    struct irqcts_entry_state *initial; /* of each entry of the failing group, where the minimal history begins */
    uint8_t group[IRQCTS_HISTORY_ENTRIES_MAX]; /* 1: the entry is of the failing group */
    uint32_t under_way;                        /* messages then under way */
    uint32_t begins_certain;
};

static uint32_t first_message(const struct irqcts_history_shape *shape, uint32_t entry)
{
    return entry < shape->messages ? entry : 0u; /* ROUTE-DEFAULT-IDENTITY, ROUTE-DEFAULT-SURPLUS */
}

int32_t irqcts_history_create(struct irqcts_history **out, const struct irqcts_history_shape *shape)
{
    *out = NULL;
    if (shape->entries < 1 || shape->entries > IRQCTS_HISTORY_ENTRIES_MAX || shape->messages < 1 ||
        shape->messages > shape->entries || shape->messages > IRQCTS_HISTORY_MESSAGES_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a history of %u entries and %u messages: N is 1..%u and M is 1..N",
                           shape->entries, shape->messages, IRQCTS_HISTORY_ENTRIES_MAX);
    }
    *out = calloc(1, sizeof(**out));
    if (*out == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a history");
    }
    (*out)->shape = *shape;
    return IRQCTS_ERROR_NONE;
}

void irqcts_history_free(struct irqcts_history *history)
{
    if (history != NULL) {
        free(history->calls);
        free(history->ranges);
        free(history->seen);
        free(history->kept);
        free(history->initial);
        free(history);
    }
}

/* About every entry at once: a call of each group. */
static int is_whole(const struct irqcts_history_call *call)
{
    return call->kind == IRQCTS_OPERATION_FUNCTION_MASK || call->kind == IRQCTS_OPERATION_ENABLE;
}

static int32_t check_call(const struct irqcts_history *history, const struct irqcts_history_call *call)
{
    int set = call->kind == IRQCTS_OPERATION_SET_ENTRY;

    if (call->kind != IRQCTS_OPERATION_POLL && call->kind != IRQCTS_OPERATION_MASK &&
        call->kind != IRQCTS_OPERATION_UNMASK && call->kind != IRQCTS_OPERATION_RAISE && !set && !is_whole(call)) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "call %u of a history is of kind %u; use mask, unmask, set-entry, "
                                                  "raise, function-mask, enable or poll",
                           history->count, call->kind);
    }
    if (call->returned < call->called) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "call %u of a history returned before it was called", history->count);
    }
    if (call->kind != IRQCTS_OPERATION_POLL &&
        (call->entry >= history->shape.entries || (set && call->message >= history->shape.messages) ||
         (is_whole(call) && (call->entry != 0 || call->message > 1)))) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT,
                           "call %u of a history names entry %u, message %u; there are %u and %u",
                           history->count, call->entry, call->message, history->shape.entries,
                           history->shape.messages);
    }
    if (history->count == IRQCTS_HISTORY_CALLS_MAX) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY, "a history has at most %u calls", IRQCTS_HISTORY_CALLS_MAX);
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t make_room(struct irqcts_history *history, uint32_t seen_count)
{
    if (history->count == history->capacity) {
        uint32_t capacity = history->capacity * 2u + 256u;
        struct irqcts_history_call *calls = realloc(history->calls, capacity * sizeof(*calls));
        struct seen_range *ranges;
        history->calls = calls != NULL ? calls : history->calls;
        ranges = realloc(history->ranges, capacity * sizeof(*ranges));
        history->ranges = ranges != NULL ? ranges : history->ranges;
        if (calls == NULL || ranges == NULL) {
            return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a history of %u calls", capacity);
        }
        history->capacity = capacity;
    }
    if (history->seen_count + seen_count > history->seen_capacity) {
        uint32_t capacity = history->seen_capacity * 2u + seen_count + 256u;
        struct irqcts_history_delivery *seen = realloc(history->seen, capacity * sizeof(*seen));
        if (seen == NULL) {
            return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u deliveries of a history", capacity);
        }
        history->seen = seen;
        history->seen_capacity = capacity;
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_history_append(struct irqcts_history *history, const struct irqcts_history_call *call,
                              const struct irqcts_history_delivery *seen, uint32_t seen_count)
{
    int32_t error = check_call(history, call);

    if (error == IRQCTS_ERROR_NONE) {
        error = make_room(history, seen_count);
    }
    if (error == IRQCTS_ERROR_NONE) {
        history->ranges[history->count] = (struct seen_range){history->seen_count, seen_count};
        if (seen_count > 0) {
            memcpy(history->seen + history->seen_count, seen, seen_count * sizeof(*seen));
        }
        history->seen_count += seen_count;
        history->calls[history->count++] = *call;
    }
    return error;
}

/* What call `index` saw; NULL when nobody has seen anything yet. */
static const struct irqcts_history_delivery *seen_by(const struct irqcts_history *history, uint32_t index)
{
    return history->seen == NULL ? NULL : history->seen + history->ranges[index].first;
}

int32_t history_gather(struct irqcts_history *to, const struct irqcts_history *from)
{
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint32_t i = 0; i < from->count && error == IRQCTS_ERROR_NONE; i++) {
        error = irqcts_history_append(to, &from->calls[i], seen_by(from, i), from->ranges[i].count);
    }
    return error;
}

uint32_t irqcts_history_count(const struct irqcts_history *history)
{
    return history->count;
}

int32_t irqcts_history_get(struct irqcts_history_call *out, const struct irqcts_history *history, uint32_t index)
{
    if (index >= history->count) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "call %u of a history of %u", index, history->count);
    }
    *out = history->calls[index];
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_history_seen(const struct irqcts_history_delivery **out, uint32_t *out_count,
                            const struct irqcts_history *history, uint32_t index)
{
    *out = NULL;
    *out_count = 0;
    if (index >= history->count) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "call %u of a history of %u", index, history->count);
    }
    *out = seen_by(history, index);
    *out_count = history->ranges[index].count;
    return IRQCTS_ERROR_NONE;
}

uint32_t irqcts_history_kept(const struct irqcts_history *history, uint32_t position)
{
    return position < history->report.kept ? history->kept[position] : UINT32_MAX;
}

/* ---- groups ---- */

struct groups {
    uint32_t parent[IRQCTS_HISTORY_ENTRIES_MAX + IRQCTS_HISTORY_MESSAGES_MAX]; /* entries, then messages */
};

static uint32_t root_of(struct groups *groups, uint32_t node)
{
    while (groups->parent[node] != node) {
        groups->parent[node] = groups->parent[groups->parent[node]];
        node = groups->parent[node];
    }
    return node;
}

static void join(struct groups *groups, uint32_t entry, uint32_t message)
{
    groups->parent[root_of(groups, IRQCTS_HISTORY_ENTRIES_MAX + message)] = root_of(groups, entry);
}

/* Entries that were ever routed to one message belong together. */
static void find_groups(struct groups *groups, const struct irqcts_history *history)
{
    for (uint32_t i = 0; i < IRQCTS_HISTORY_ENTRIES_MAX + IRQCTS_HISTORY_MESSAGES_MAX; i++) {
        groups->parent[i] = i;
    }
    for (uint32_t e = 0; e < history->shape.entries; e++) {
        join(groups, e, first_message(&history->shape, e));
    }
    for (uint32_t i = 0; i < history->count; i++) {
        if (history->calls[i].kind == IRQCTS_OPERATION_SET_ENTRY) {
            join(groups, history->calls[i].entry, history->calls[i].message);
        }
    }
}

/* ---- one group ---- */

struct group {
    uint32_t entries;
    uint32_t messages;
    uint32_t entry_number[IRQCTS_HISTORY_ENTRIES_MAX]; /* within the group */
    uint32_t message_number[IRQCTS_HISTORY_MESSAGES_MAX];
    uint32_t entry[IRQCTS_HISTORY_ENTRIES_MAX]; /* and back */
    uint32_t first[IRQCTS_HISTORY_ENTRIES_MAX];
    struct group_search search;
};

static void number_group(struct group *group, struct groups *groups, const struct irqcts_history *history,
                         uint32_t root)
{
    group->entries = 0;
    group->messages = 0;
    for (uint32_t m = 0; m < IRQCTS_HISTORY_MESSAGES_MAX; m++) {
        group->message_number[m] = UINT32_MAX;
        if (m < history->shape.messages && root_of(groups, IRQCTS_HISTORY_ENTRIES_MAX + m) == root) {
            group->message_number[m] = group->messages++;
        }
    }
    for (uint32_t e = 0; e < IRQCTS_HISTORY_ENTRIES_MAX; e++) {
        group->entry_number[e] = UINT32_MAX;
        if (e < history->shape.entries && root_of(groups, e) == root) {
            group->entry[group->entries] = e;
            group->first[group->entries] = group->message_number[first_message(&history->shape, e)];
            group->entry_number[e] = group->entries++;
        }
    }
}

/* The group's share of one call; 0 when it has none. */
static int share(const struct group *group, const struct irqcts_history *history, uint32_t index,
                 struct group_call *out)
{
    const struct irqcts_history_call *call = &history->calls[index];
    const struct irqcts_history_delivery *seen = seen_by(history, index);
    int some = 0;

    *out = (struct group_call){.called = call->called, .returned = call->returned, .call = index, .kind = call->kind,
                               .exhaustive = (call->flags & IRQCTS_HISTORY_EXHAUSTIVE) != 0};
    if (is_whole(call)) {
        out->message = call->message;
        return 1;
    }
    if (call->kind != IRQCTS_OPERATION_POLL) {
        out->entry = group->entry_number[call->entry];
        out->message = call->kind == IRQCTS_OPERATION_SET_ENTRY ? group->message_number[call->message] : 0;
        return out->entry != UINT32_MAX;
    }
    for (uint32_t i = 0; i < history->ranges[index].count; i++) {
        uint32_t number = seen[i].message < IRQCTS_HISTORY_MESSAGES_MAX ? group->message_number[seen[i].message]
                                                                        : UINT32_MAX;
        if (number != UINT32_MAX) {
            out->seen[number] += seen[i].count;
            some = 1;
        }
    }
    return some || out->exhaustive != 0;
}

static int called_earlier(const void *left, const void *right)
{
    const struct group_call *a = left;
    const struct group_call *b = right;

    return a->called != b->called ? (a->called > b->called) - (a->called < b->called)
                                  : (a->call > b->call) - (a->call < b->call);
}

static int32_t open_group(struct group *group, struct groups *groups, const struct irqcts_history *history,
                          uint32_t root)
{
    struct group_search *search = &group->search;

    *search = (struct group_search){.flags = history->shape.flags, .margin = MARGIN, .until = UINT64_MAX};
    number_group(group, groups, history, root);
    if (group->messages > IRQCTS_HISTORY_SHARED_MESSAGES_MAX) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY,
                           "%u entries have %u messages in common; at most %u: route them to fewer",
                           group->entries, group->messages, IRQCTS_HISTORY_SHARED_MESSAGES_MAX);
    }
    search->messages = group->messages;
    search->calls = calloc(history->count + 1u, sizeof(*search->calls));
    if (search->calls == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a history of %u calls", history->count);
    }
    for (uint32_t i = 0; i < history->count; i++) {
        search->count += (uint32_t)share(group, history, i, &search->calls[search->count]);
    }
    qsort(search->calls, search->count, sizeof(*search->calls), called_earlier);
    return history_oracle_create(&search->oracle, group->entries, group->messages, group->first,
                                 history->shape.readings);
}

static void close_group(struct group *group)
{
    free(group->search.calls);
    history_oracle_free(group->search.oracle);
}

/* ---- verdict and minimal history ---- */

static int32_t forgiven(struct group_search *search, uint32_t forgive, int *accepted)
{
    struct group_search again = *search;
    int32_t error;

    again.forgiven = forgive;
    error = group_search(&again);
    *accepted = again.failed == UINT32_MAX;
    return error;
}

static int32_t classify(struct group_search *search, uint32_t *verdict)
{
    int lost = 0;
    int duplicated = 0;
    int32_t error = forgiven(search, FORGIVE_LOSS, &lost);

    if (error == IRQCTS_ERROR_NONE && !lost) {
        error = forgiven(search, FORGIVE_DUPLICATE, &duplicated);
    }
    *verdict = lost         ? IRQCTS_HISTORY_LOST
               : duplicated ? IRQCTS_HISTORY_DUPLICATED
                            : IRQCTS_HISTORY_MISROUTED;
    return error;
}

/* Calls of the group that the minimal history may be made of. */
struct candidates {
    uint32_t *calls;
    uint32_t count;
    uint32_t searches;
};

/* Whether there is still no order when candidates first .. first+count-1 are
 * optional; if so, they are struck off the list. */
static int32_t leave_out(struct group_search *search, struct candidates *candidates, uint32_t first, uint32_t count,
                         int *left_out)
{
    struct group_search again = *search;
    int32_t error;

    for (uint32_t i = first; i < first + count; i++) {
        again.calls[candidates->calls[i]].optional = 1;
    }
    candidates->searches++;
    error = group_search(&again);
    *left_out = error == IRQCTS_ERROR_NONE && again.failed != UINT32_MAX;
    if (*left_out) {
        memmove(candidates->calls + first, candidates->calls + first + count,
                (candidates->count - first - count) * sizeof(*candidates->calls));
        candidates->count -= count;
        return error;
    }
    for (uint32_t i = first; i < first + count; i++) {
        again.calls[candidates->calls[i]].optional = 0;
    }
    return error == IRQCTS_ERROR_CAPACITY ? IRQCTS_ERROR_NONE : error; /* too much to follow: it stays */
}

/* Stretches, the oldest first, then ever shorter ones, until no single call can be left out. */
static int32_t leave_out_what_can_be(struct group_search *search, struct candidates *candidates)
{
    uint32_t length = candidates->count / 2u > 0 ? candidates->count / 2u : 1u;
    int32_t error = IRQCTS_ERROR_NONE;
    int any = 1;

    while (error == IRQCTS_ERROR_NONE && (length > 1u || any) && candidates->searches < SEARCHES_MAX) {
        any = 0;
        for (uint32_t first = 0; first < candidates->count && error == IRQCTS_ERROR_NONE &&
                                 candidates->searches < SEARCHES_MAX;) {
            uint32_t left = candidates->count - first;
            uint32_t count = left < length ? left : length;
            int left_out = 0;
            error = leave_out(search, candidates, first, count, &left_out);
            any |= left_out;
            first += left_out ? 0 : count;
        }
        any = any || length > 1u;
        length = length > 1u ? length / 2u : 1u;
    }
    return error;
}

/* What the failing group looked like where its minimal history begins. */
static void describe_start(struct irqcts_history *history, const struct group *group)
{
    const struct search_point *start = &group->search.start;

    history->begins_certain = start->count <= 1u;
    history->under_way = 0;
    for (uint32_t m = 0; m < group->messages && start->count > 0; m++) {
        history->under_way += start->configurations[0].most[m];
    }
    for (uint32_t e = 0; e < group->entries; e++) {
        struct irqcts_entry_state *entry = &history->initial[e];
        history->group[group->entry[e]] = 1;
        (void)history_oracle_entry(group->search.oracle, start->count > 0 ? start->configurations[0].state : 0, e,
                                   entry);
        for (uint32_t m = 0; m < history->shape.messages; m++) { /* as the history numbers it */
            if (group->message_number[m] == entry->message) {
                entry->message = m;
                break;
            }
        }
    }
}

/* What happened after the failure is left away, and what happened before an
 * instant whose state is known and that lies far enough back to show how it came. */
static int32_t minimise(struct irqcts_history *history, struct group *group)
{
    struct group_search *search = &group->search;
    struct candidates candidates = {NULL, 0, 0};
    int32_t error;

    search->start = search->known;
    search->until = search->calls[search->failed].returned;
    search->merge = 1;
    candidates.calls = calloc(search->count + 1u, sizeof(*candidates.calls));
    history->initial = calloc(group->entries, sizeof(*history->initial));
    if (candidates.calls == NULL || history->initial == NULL) {
        free(candidates.calls);
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a history");
    }
    for (uint32_t i = 0; i < search->count; i++) { /* those under way at the start are called before it */
        if (search->calls[i].returned >= search->start.at && search->calls[i].called <= search->until) {
            candidates.calls[candidates.count++] = i;
        }
    }
    error = leave_out_what_can_be(search, &candidates);
    for (uint32_t i = 0; i < candidates.count; i++) {
        candidates.calls[i] = search->calls[candidates.calls[i]].call;
    }
    history->kept = candidates.calls;
    history->report.kept = candidates.count;
    describe_start(history, group);
    return error;
}

/* What needs no search: strays, refusals, messages that no entry was ever routed to. */
static int32_t plain(struct irqcts_history *history, struct groups *groups)
{
    for (uint32_t i = 0; i < history->count; i++) {
        const struct irqcts_history_delivery *seen = seen_by(history, i);
        uint32_t verdict = history->calls[i].status != IRQCTS_STATUS_OK ? IRQCTS_HISTORY_REFUSED
                                                                        : IRQCTS_HISTORY_CONFORMS;
        for (uint32_t s = 0; s < history->ranges[i].count && verdict == IRQCTS_HISTORY_CONFORMS; s++) {
            if (seen[s].message >= history->shape.messages) {
                verdict = IRQCTS_HISTORY_STRAY;
            } else if (root_of(groups, IRQCTS_HISTORY_ENTRIES_MAX + seen[s].message) ==
                       IRQCTS_HISTORY_ENTRIES_MAX + seen[s].message) {
                verdict = IRQCTS_HISTORY_MISROUTED;
            }
        }
        if (verdict != IRQCTS_HISTORY_CONFORMS) {
            history->kept = calloc(1, sizeof(*history->kept));
            if (history->kept == NULL) {
                return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a history");
            }
            history->kept[0] = i;
            history->report.kept = 1;
            history->report.verdict = verdict;
            history->report.call = i;
            history->report.entry = history->calls[i].entry;
            return IRQCTS_ERROR_NONE;
        }
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_history_check(struct irqcts_history_report *out, struct irqcts_history *history)
{
    struct irqcts_history_report *report = &history->report;
    struct groups groups;
    int32_t error;

    free(history->kept);
    free(history->initial);
    history->kept = NULL;
    history->initial = NULL;
    memset(history->group, 0, sizeof(history->group));
    *report = (struct irqcts_history_report){.call = UINT32_MAX};
    find_groups(&groups, history);
    error = plain(history, &groups);
    for (uint32_t e = 0; e < history->shape.entries && error == IRQCTS_ERROR_NONE; e++) {
        struct group group;
        if (report->verdict != IRQCTS_HISTORY_CONFORMS || root_of(&groups, e) != e) {
            continue;
        }
        error = open_group(&group, &groups, history, e);
        if (error == IRQCTS_ERROR_NONE) {
            error = group_search(&group.search);
        }
        report->groups++;
        report->steps += group.search.steps;
        report->merged |= group.search.merge;
        if (group.search.largest > report->configurations) {
            report->configurations = group.search.largest;
        }
        if (error == IRQCTS_ERROR_NONE && group.search.failed != UINT32_MAX) {
            report->call = group.search.calls[group.search.failed].call;
            report->entry = group.entry[0];
            error = classify(&group.search, &report->verdict);
            if (error == IRQCTS_ERROR_NONE) {
                error = minimise(history, &group);
            }
        }
        report->states += group.search.oracle != NULL ? history_oracle_states(group.search.oracle) : 0;
        close_group(&group);
    }
    *out = *report;
    return error;
}

/* ---- text ---- */

static void put_call(struct text_sink *sink, const struct irqcts_history *history, uint32_t index)
{
    const struct irqcts_history_call *call = &history->calls[index];
    const struct irqcts_history_delivery *seen = seen_by(history, index);

    text_sink_put(sink, "  [%llu, %llu] thread %u: %s", (unsigned long long)call->called,
                  (unsigned long long)call->returned, call->thread, irqcts_operation_name(call->kind));
    if (is_whole(call)) {
        text_sink_put(sink, " %s", call->message != 0 ? "on" : "off");
    } else if (call->kind != IRQCTS_OPERATION_POLL) {
        text_sink_put(sink, " %u", call->entry);
        if (call->kind == IRQCTS_OPERATION_SET_ENTRY) {
            text_sink_put(sink, " %u", call->message);
        }
    } else {
        text_sink_put(sink, " saw");
        for (uint32_t i = 0; i < history->ranges[index].count; i++) {
            if (seen[i].message == IRQCTS_MESSAGE_STRAY) {
                text_sink_put(sink, "%s %u x stray", i > 0 ? "," : "", seen[i].count);
            } else {
                text_sink_put(sink, "%s %u x message %u", i > 0 ? "," : "", seen[i].count, seen[i].message);
            }
        }
        text_sink_put(sink, "%s%s", history->ranges[index].count == 0 ? " nothing" : "",
                      (call->flags & IRQCTS_HISTORY_EXHAUSTIVE) != 0 ? ", all there was" : "");
    }
    text_sink_put(sink, "%s%s\n", call->status != IRQCTS_STATUS_OK ? " -> " : "",
                  call->status != IRQCTS_STATUS_OK ? irqcts_status_name(call->status) : "");
}

static void put_initial(struct text_sink *sink, const struct irqcts_history *history)
{
    static const char *const pending[] = {"not pending", "pending", "perhaps pending"};
    uint32_t number = 0;

    for (uint32_t e = 0; e < history->shape.entries; e++) {
        if (history->group[e] != 0) {
            const struct irqcts_entry_state *entry = &history->initial[number++];
            text_sink_put(sink, "  before: entry %u sends message %u, %s, %s\n", e, entry->message,
                          (entry->known & 8u) == 0            ? "perhaps masked"
                          : (entry->vector_control & 1u) != 0 ? "masked"
                                                              : "unmasked",
                          pending[entry->pending]);
        }
    }
    if (history->begins_certain == 0) {
        text_sink_put(sink, "  before: that is one of several possible states\n");
    }
    if (history->under_way > 0) {
        text_sink_put(sink, "  before: %u deliveries under way\n", history->under_way);
    }
}

int32_t irqcts_history_text(size_t *out_length, const struct irqcts_history *history, char *text, size_t size)
{
    static const char *const sentences[] = {
        "every call and delivery fits one order that the oracle permits",
        "a message was lost: without that there is an order that the oracle permits",
        "a message came that nothing sent: without that there is an order that the oracle permits",
        "a message was lost and another came that nothing sent: in no order does the oracle route them so",
        "a message arrived that is no granted message",
        "a call was refused"};
    struct text_sink sink = {text, size, 0};

    if (size > 0) {
        text[0] = '\0';
    }
    text_sink_put(&sink, "%s\n", sentences[history->report.verdict]);
    if (history->initial != NULL) {
        put_initial(&sink, history);
    }
    for (uint32_t i = 0; i < history->report.kept; i++) {
        put_call(&sink, history, history->kept[i]);
    }
    *out_length = sink.length;
    return sink.length < size ? IRQCTS_ERROR_NONE
                              : irqcts_fail(IRQCTS_ERROR_CAPACITY, "the text needs %zu bytes", sink.length + 1u);
}
