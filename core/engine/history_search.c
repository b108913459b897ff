/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instants are taken in order.  A call takes effect as late as it can: when one
 * returns, the calls under way are tried in every order until it has taken
 * effect.  Configurations met before are not followed again.
 */
#include "history_search.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIGURATIONS_MAX = 1 << 14, MERGED_MAX = 1 << 18, KNOWN_RING = 64 };

struct instant {
    uint64_t at;
    uint32_t call;
    uint32_t is_return;
};

/* A set of configurations, in order of arrival. */
struct set {
    struct configuration *items;
    uint32_t *index; /* 1 + item by hash */
    uint32_t count;
    uint32_t capacity; /* index has four times as many slots */
};

static uint64_t hash(const struct configuration *configuration, uint32_t messages, uint32_t whole)
{
    uint64_t value = ((uint64_t)configuration->state << 32 | configuration->done) * UINT64_C(0x9e3779b97f4a7c15);

    for (uint32_t m = 0; m < messages && whole != 0; m++) {
        value = (value ^ ((uint64_t)configuration->least[m] << 32 | configuration->most[m])) *
                UINT64_C(0xff51afd7ed558ccd);
        value ^= value >> 29;
    }
    return value ^ value >> 32;
}

static void clear(struct set *set)
{
    if (set->capacity > 0) {
        memset(set->index, 0, (size_t)set->capacity * 4u * sizeof(*set->index));
    }
    set->count = 0;
}

static int32_t reserve(struct set *set, uint32_t messages, uint32_t whole)
{
    uint32_t capacity = set->capacity == 0 ? 64u : set->capacity * 2u;
    struct configuration *items;
    uint32_t *index;

    if (capacity > (whole != 0 ? CONFIGURATIONS_MAX : MERGED_MAX)) {
        return irqcts_fail(IRQCTS_ERROR_CAPACITY,
                           "a history with more than %u possible configurations at one instant; use fewer threads, "
                           "poll more often, or let fewer entries share messages",
                           set->count);
    }
    items = realloc(set->items, capacity * sizeof(*items));
    index = calloc((size_t)capacity * 4u, sizeof(*index));
    set->items = items != NULL ? items : set->items;
    if (items == NULL || index == NULL) {
        free(index);
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u configurations", capacity);
    }
    for (uint32_t i = 0; i < set->count; i++) {
        uint64_t at = hash(&items[i], messages, whole);
        while (index[at & (capacity * 4u - 1u)] != 0) {
            at++;
        }
        index[at & (capacity * 4u - 1u)] = i + 1u;
    }
    free(set->index);
    set->index = index;
    set->capacity = capacity;
    return IRQCTS_ERROR_NONE;
}

/* 1: it is new or has become wider, 0: known, negative: an error. */
static int32_t add(struct set *set, const struct configuration *item, const struct group_search *search)
{
    uint32_t whole = search->merge == 0;
    size_t bytes = search->messages * sizeof(item->least[0]);
    uint64_t at;

    if (set->count == set->capacity) {
        int32_t error = reserve(set, search->messages, whole);
        if (error != IRQCTS_ERROR_NONE) {
            return error;
        }
    }
    for (at = hash(item, search->messages, whole);; at++) {
        uint32_t number = set->index[at & (set->capacity * 4u - 1u)];
        struct configuration *other;
        int32_t wider = 0;
        if (number == 0) {
            break;
        }
        other = &set->items[number - 1u];
        if (other->state != item->state || other->done != item->done) {
            continue;
        }
        if (whole != 0) {
            if (memcmp(other->least, item->least, bytes) == 0 && memcmp(other->most, item->most, bytes) == 0) {
                return 0;
            }
            continue;
        }
        for (uint32_t m = 0; m < search->messages; m++) {
            if (item->least[m] < other->least[m]) {
                other->least[m] = item->least[m];
                wider = 1;
            }
            if (item->most[m] > other->most[m]) {
                other->most[m] = item->most[m];
                wider = 1;
            }
        }
        return wider;
    }
    set->items[set->count] = *item;
    set->index[at & (set->capacity * 4u - 1u)] = ++set->count;
    return 1;
}

/* ---- what a call does to a configuration ---- */

/* A look; 0 when it cannot have seen what it saw. */
static int see(const struct group_search *search, const struct group_call *call, struct configuration *configuration)
{
    for (uint32_t m = 0; m < search->messages; m++) {
        uint32_t seen = call->seen[m];
        uint32_t *least = &configuration->least[m];
        uint32_t *most = &configuration->most[m];
        if (call->optional != 0) {
            *least = 0;
            continue;
        }
        if (seen > *most && (search->forgiven & FORGIVE_DUPLICATE) == 0) {
            return 0;
        }
        if (call->exhaustive != 0 && seen < *least && (search->forgiven & FORGIVE_LOSS) == 0) {
            return 0;
        }
        *least = call->exhaustive != 0 || seen >= *least ? 0 : *least - seen;
        *most = call->exhaustive != 0 || seen >= *most ? 0 : *most - seen;
    }
    return 1;
}

static void send(const struct group_search *search, const struct oracle_outcome *outcome,
                 struct configuration *configuration)
{
    configuration->state = outcome->state;
    for (uint32_t m = 0; m < search->messages; m++) {
        uint32_t sends = outcome->sends[m];
        if (sends == 0) {
            continue;
        }
        if ((search->flags & IRQCTS_HISTORY_COALESCES) == 0) {
            configuration->least[m] += sends;
        } else if (configuration->least[m] == 0) {
            configuration->least[m] = 1;
        }
        configuration->most[m] += sends;
    }
}

/* One message of the entry's former kind, under way, comes as the new one; 0 when there is none.  It is one at
 * most: what the interrupt controller holds a request for.  What has been taken from there has its identity. */
static int reroute(const struct group_search *search, uint32_t former, uint32_t now, struct configuration *configuration)
{
    uint32_t coalesces = search->flags & IRQCTS_HISTORY_COALESCES;

    if (former == now || former >= search->messages || configuration->most[former] == 0) {
        return 0;
    }
    configuration->most[former]--;
    configuration->most[now]++;
    /* Of several that became one it may be the only one left. */
    configuration->least[former] -= configuration->least[former] > 0;
    configuration->least[now] += coalesces == 0 || configuration->least[now] == 0;
    return 1;
}

/* Everything that a call under way (bit `slot`) may lead to from a configuration. */
static int32_t take_effect(struct group_search *search, struct set *set, uint32_t from, const struct group_call *call,
                           uint32_t slot)
{
    struct configuration before = set->items[from];
    int late = call->kind == IRQCTS_OPERATION_SET_ENTRY && (search->flags & IRQCTS_HISTORY_ROUTED_ON_ARRIVAL) != 0;
    uint32_t former = late ? history_oracle_message(search->oracle, before.state, call->entry) : 0;
    int32_t changed = 0;
    int32_t added;

    before.done |= UINT32_C(1) << slot;
    search->steps++;
    if (call->kind == IRQCTS_OPERATION_POLL) {
        return see(search, call, &before) ? add(set, &before, search) : 0;
    }
    if (call->optional != 0) {
        changed = add(set, &before, search);
    }
    for (uint32_t i = 0, count = 1; i < count && changed >= 0; i++) {
        const struct oracle_outcome *outcomes =
            history_oracle_step(&count, search->oracle, before.state, call->kind, call->entry, call->message);
        struct configuration after = before;
        if (outcomes == NULL) {
            return IRQCTS_ERROR_CAPACITY;
        }
        if (i >= count) {
            break;
        }
        send(search, &outcomes[i], &after);
        added = add(set, &after, search);
        changed = added < 0 ? added : changed | added;
        if (added >= 0 && late && reroute(search, former, call->message, &after)) {
            added = add(set, &after, search);
            changed = added < 0 ? added : changed | added;
        }
    }
    return changed;
}

/* ---- the search ---- */

struct under_way {
    const struct group_call *slots[IRQCTS_HISTORY_PENDING_MAX];
    uint32_t taken;
};

static int32_t expand(struct group_search *search, struct set *now, const struct under_way *under_way, uint32_t until)
{
    int32_t again = 1;

    while (again > 0) { /* more than one round only when a merged configuration has become wider */
        again = 0;
        for (uint32_t i = 0; i < now->count; i++) {
            for (uint32_t slot = 0; slot < IRQCTS_HISTORY_PENDING_MAX; slot++) {
                uint32_t bit = UINT32_C(1) << slot;
                uint32_t count = now->count;
                int32_t changed;
                if ((under_way->taken & bit) == 0 || (now->items[i].done & bit) != 0 ||
                    (now->items[i].done >> until & 1u) != 0) {
                    continue;
                }
                changed = take_effect(search, now, i, under_way->slots[slot], slot);
                if (changed < 0) {
                    return changed;
                }
                again |= changed > 0 && now->count == count;
            }
        }
    }
    return IRQCTS_ERROR_NONE;
}

static int earlier(const void *left, const void *right)
{
    const struct instant *a = left;
    const struct instant *b = right;

    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }
    if (a->is_return != b->is_return) { /* calls at the same instant overlap */
        return a->is_return < b->is_return ? -1 : 1;
    }
    return (a->call > b->call) - (a->call < b->call);
}

static int32_t returned(struct group_search *search, struct set *sets[2], struct under_way *under_way, uint32_t slot)
{
    struct set *now = sets[0];
    uint32_t bit = UINT32_C(1) << slot;
    int32_t error = expand(search, now, under_way, slot);

    if (now->count > search->largest) {
        search->largest = now->count;
    }
    clear(sets[1]);
    for (uint32_t i = 0; i < now->count && error >= 0; i++) {
        struct configuration item = now->items[i];
        if ((item.done & bit) != 0) {
            item.done &= ~bit;
            error = add(sets[1], &item, search);
        }
    }
    under_way->taken &= ~bit;
    sets[0] = sets[1];
    sets[1] = now;
    return error < 0 ? error : IRQCTS_ERROR_NONE;
}

static void keep_point(struct search_point *point, const struct group_search *search, uint64_t at,
                       const struct set *now, const struct under_way *under_way)
{
    point->at = at;
    point->taken = under_way->taken;
    point->count = now->count;
    for (uint32_t slot = 0; slot < IRQCTS_HISTORY_PENDING_MAX; slot++) {
        if ((under_way->taken >> slot & 1u) != 0) {
            point->slots[slot] = (uint32_t)(under_way->slots[slot] - search->calls);
        }
    }
    memcpy(point->configurations, now->items, now->count * sizeof(*now->items));
}

/* The first configurations; and the calls under way then. */
static int32_t begin(struct group_search *search, struct set *set, struct under_way *under_way)
{
    const struct configuration first = {0};
    const struct search_point *start = &search->start;
    int32_t error = start->count == 0 ? add(set, &first, search) : IRQCTS_ERROR_NONE;

    for (uint32_t i = 0; i < start->count && error >= 0; i++) {
        error = add(set, &start->configurations[i], search);
    }
    under_way->taken = start->taken;
    for (uint32_t slot = 0; slot < IRQCTS_HISTORY_PENDING_MAX; slot++) {
        if ((start->taken >> slot & 1u) != 0) {
            under_way->slots[slot] = &search->calls[start->slots[slot]];
        }
    }
    return error;
}

static int32_t follow(struct group_search *search, const struct instant *instants, uint32_t count,
                      struct set *sets[2], struct search_point *ring)
{
    uint32_t points = 0;
    uint32_t back;
    struct under_way under_way;
    int32_t error = begin(search, sets[0], &under_way);

    for (uint32_t i = 0; i < count && error >= 0; i++) {
        const struct group_call *call = &search->calls[instants[i].call];
        uint32_t slot = 0;
        if (sets[0]->count <= POINT_CONFIGURATIONS && (i == 0 || instants[i].at > instants[i - 1u].at)) {
            keep_point(&ring[points++ % KNOWN_RING], search, instants[i].at, sets[0], &under_way);
        }
        if (instants[i].is_return == 0) {
            while (slot < IRQCTS_HISTORY_PENDING_MAX && (under_way.taken >> slot & 1u) != 0) {
                slot++;
            }
            if (slot == IRQCTS_HISTORY_PENDING_MAX) {
                return irqcts_fail(IRQCTS_ERROR_CAPACITY,
                                   "more than %u calls under way at one instant; use fewer threads, or narrower "
                                   "intervals for deliveries",
                                   IRQCTS_HISTORY_PENDING_MAX);
            }
            under_way.slots[slot] = call;
            under_way.taken |= UINT32_C(1) << slot;
            continue;
        }
        while ((under_way.taken >> slot & 1u) == 0 || under_way.slots[slot] != call) {
            slot++;
        }
        error = returned(search, sets, &under_way, slot);
        if (error >= 0 && sets[0]->count == 0) {
            search->failed = instants[i].call;
            break;
        }
    }
    if (points > 0) {
        back = search->margin < points ? search->margin : points - 1u;
        back = back < KNOWN_RING ? back : KNOWN_RING - 1u;
        search->known = ring[(points - 1u - back) % KNOWN_RING];
    }
    return error < 0 ? error : IRQCTS_ERROR_NONE;
}

static int is_under_way(const struct search_point *point, uint32_t call)
{
    for (uint32_t slot = 0; slot < IRQCTS_HISTORY_PENDING_MAX; slot++) {
        if ((point->taken >> slot & 1u) != 0 && point->slots[slot] == call) {
            return 1;
        }
    }
    return 0;
}

static int32_t search_once(struct group_search *search)
{
    struct set first = {0};
    struct set second = {0};
    struct set *sets[2] = {&first, &second};
    struct instant *instants = malloc(((size_t)search->count * 2u + 1u) * sizeof(*instants));
    struct search_point *ring = malloc(KNOWN_RING * sizeof(*ring));
    uint32_t count = 0;
    int32_t error = IRQCTS_ERROR_MEMORY;

    search->failed = UINT32_MAX;
    for (uint32_t i = 0; i < search->count && instants != NULL; i++) {
        const struct group_call *call = &search->calls[i];
        int already = is_under_way(&search->start, i);
        if (call->called > search->until || (!already && call->called < search->start.at)) {
            continue;
        }
        if (!already) {
            instants[count++] = (struct instant){call->called, i, 0};
        }
        if (call->returned <= search->until) {
            instants[count++] = (struct instant){call->returned, i, 1};
        }
    }
    if (instants == NULL || ring == NULL) {
        error = irqcts_fail(error, "no memory for a history of %u calls", search->count);
    } else {
        qsort(instants, count, sizeof(*instants), earlier);
        error = follow(search, instants, count, sets, ring);
    }
    free(first.items);
    free(first.index);
    free(second.items);
    free(second.index);
    free(instants);
    free(ring);
    return error;
}

int32_t group_search(struct group_search *search)
{
    int32_t error = search_once(search);

    if (error == IRQCTS_ERROR_CAPACITY && search->merge == 0) {
        search->merge = 1;
        error = search_once(search);
    }
    return error;
}
