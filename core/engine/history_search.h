/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search for an order of one group's calls.  A group is a set of entries
 * that share no message with any other entry, so the oracle's state is the
 * product of its groups' states and each can be checked alone (Herlihy and
 * Wing's locality; docs/concurrency.md).
 */
#ifndef IRQCTS_HISTORY_SEARCH_H
#define IRQCTS_HISTORY_SEARCH_H

#include "history_oracle.h"

/* One call of a group, with entries and messages numbered within the group. */
struct group_call {
    uint64_t called;
    uint64_t returned;
    uint32_t call; /* in the whole history */
    uint16_t kind;
    uint8_t exhaustive;
    uint8_t optional; /* it may have taken effect or not, and what it saw is not held against anything */
    uint32_t entry;
    uint32_t message;
    uint32_t seen[IRQCTS_HISTORY_SHARED_MESSAGES_MAX];
};

/* What may have happened so far, seen from one instant. */
struct configuration {
    uint32_t state;
    uint32_t done; /* calls under way that have taken effect */
    /* Messages under way: at least and at most so many. */
    uint32_t least[IRQCTS_HISTORY_SHARED_MESSAGES_MAX];
    uint32_t most[IRQCTS_HISTORY_SHARED_MESSAGES_MAX];
};

enum { POINT_CONFIGURATIONS = 16 };

/* An instant of a search, from which it can go on. */
struct search_point {
    uint64_t at;
    uint32_t taken; /* bit s: calls[slots[s]] is under way */
    uint32_t count;
    uint32_t slots[IRQCTS_HISTORY_PENDING_MAX];
    struct configuration configurations[POINT_CONFIGURATIONS];
};

enum forgive { FORGIVE_LOSS = 1, FORGIVE_DUPLICATE = 2 };

struct group_search {
    struct history_oracle *oracle;
    struct group_call *calls;
    uint32_t count;
    uint32_t messages;
    uint32_t flags;    /* enum irqcts_history_flag */
    uint32_t forgiven; /* enum forgive */
    uint32_t merge;    /* configurations that differ only in what is under way become one: accepts more */
    uint32_t margin;   /* how many instants before the end of orders `known` lies, if it can */
    struct search_point start; /* where to begin; .count = 0: with the first call, in the oracle's first state */
    uint64_t until;            /* the last instant that is looked at */
    /* Found: */
    uint32_t failed;           /* the call at whose return no order is left; UINT32_MAX: there is an order */
    struct search_point known; /* an instant before that with few possible configurations */
    uint32_t largest;
    uint64_t steps;
};

/* Negative: an error.  When there are too many configurations it searches again with `merge`, and leaves that set. */
int32_t group_search(struct group_search *search);

/* Appends the calls of one thread to the whole history (history.c). */
int32_t history_gather(struct irqcts_history *to, const struct irqcts_history *from);

#endif
