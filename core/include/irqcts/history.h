/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Concurrent histories: what several threads did to one function at the same
 * time, and whether the oracle permits it.  Each call is an interval between
 * two instants; a history is accepted when there is an order of the calls, each
 * at some instant inside its interval, in which the oracle gives every result
 * and every delivery that was seen (linearizability: M. Herlihy, J. Wing, 1990;
 * the search is G. Lowe's just-in-time linearization, 2017).
 *
 * A delivery is not the result of the call that caused it: it follows at any
 * later instant, until something that must have seen it did not.
 * docs/concurrency.md has the whole semantics.
 *
 * The function is in the state after START: entry i sends message i (message 0
 * from i = M on), nothing is masked, nothing pending.
 */
#ifndef IRQCTS_HISTORY_H
#define IRQCTS_HISTORY_H

#include "irqcts/backend.h"
#include "irqcts/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_HISTORY_ENTRIES_MAX 64u
#define IRQCTS_HISTORY_MESSAGES_MAX 64u
#define IRQCTS_HISTORY_THREADS_MAX 16u
#define IRQCTS_HISTORY_CALLS_MAX 1000000u
/* Messages that entries have in common, directly or by way of others, and calls under way at one instant. */
#define IRQCTS_HISTORY_SHARED_MESSAGES_MAX 16u
#define IRQCTS_HISTORY_PENDING_MAX 32u

struct irqcts_history_shape {
    uint32_t entries;  /* N, 1..IRQCTS_HISTORY_ENTRIES_MAX */
    uint32_t messages; /* M, 1..N and at most IRQCTS_HISTORY_MESSAGES_MAX */
    uint32_t readings; /* enum irqcts_reading */
    uint32_t flags;    /* enum irqcts_history_flag */
};
enum irqcts_history_flag {
    /* The way to the observer may make one of several deliveries of one message
     * that are under way at the same time (an interrupt controller's request bit). */
    IRQCTS_HISTORY_COALESCES = 1,
    /* Which message it is shows when it arrives: what is under way when its entry is set may come as the new one. */
    IRQCTS_HISTORY_ROUTED_ON_ARRIVAL = 2,
    /* Of a recording: the threads also turn Function Mask and MSI-X Enable on and off. */
    IRQCTS_HISTORY_WHOLE_FUNCTION = 4
};

enum irqcts_history_call_flag {
    /* Of a POLL: it saw all that was sent before it.  Without it, it tells of
     * what it saw and not of what is still under way. */
    IRQCTS_HISTORY_EXHAUSTIVE = 1
};

/* One call.  Instants are of any unit that all threads share. */
struct irqcts_history_call {
    uint64_t called;
    uint64_t returned; /* >= called */
    uint16_t kind;     /* MASK, UNMASK, SET_ENTRY, RAISE, FUNCTION_MASK, ENABLE or POLL; a delivery with a time stamp
                        * is a POLL without EXHAUSTIVE that saw one message, from the earliest to the latest instant it may have come */
    uint16_t thread;
    uint16_t flags;    /* enum irqcts_history_call_flag */
    uint16_t status;   /* enum irqcts_status; a refusal is never permitted here */
    uint32_t entry;    /* 0 where the call is about the whole function */
    uint32_t message;  /* of FUNCTION_MASK and ENABLE: the value, 0 or 1 */
};
/* What a POLL saw. */
struct irqcts_history_delivery {
    uint32_t message; /* or IRQCTS_MESSAGE_STRAY */
    uint32_t count;
};

struct irqcts_history;

IRQCTS_API int32_t irqcts_history_create(struct irqcts_history **out, const struct irqcts_history_shape *shape);
IRQCTS_API void irqcts_history_free(struct irqcts_history *history);
/* `seen`: of a POLL, `seen_count` records; what is not listed did not arrive. */
IRQCTS_API int32_t irqcts_history_append(struct irqcts_history *history, const struct irqcts_history_call *call,
                                         const struct irqcts_history_delivery *seen, uint32_t seen_count);
IRQCTS_API uint32_t irqcts_history_count(const struct irqcts_history *history);
IRQCTS_API int32_t irqcts_history_get(struct irqcts_history_call *out, const struct irqcts_history *history,
                                      uint32_t index);
/* What a POLL saw; valid until the history is appended to or freed. */
IRQCTS_API int32_t irqcts_history_seen(const struct irqcts_history_delivery **out, uint32_t *out_count,
                                       const struct irqcts_history *history, uint32_t index);

enum irqcts_history_verdict {
    IRQCTS_HISTORY_CONFORMS = 0,
    IRQCTS_HISTORY_LOST = 1,       /* accepted only if a message may be lost */
    IRQCTS_HISTORY_DUPLICATED = 2, /* accepted only if a message may come that nothing sent */
    IRQCTS_HISTORY_MISROUTED = 3,  /* accepted only if both may happen */
    IRQCTS_HISTORY_STRAY = 4,      /* what arrived is no granted message */
    IRQCTS_HISTORY_REFUSED = 5     /* a call did not succeed */
};

struct irqcts_history_report {
    uint32_t verdict;        /* enum irqcts_history_verdict */
    uint32_t call;           /* at whose return no order is left; UINT32_MAX: none */
    uint32_t entry;          /* the first entry of the group that has no order */
    uint32_t groups;         /* of entries that share messages, checked one by one */
    uint32_t states;         /* of the oracle, over all groups */
    uint32_t configurations; /* most of them at one instant */
    uint64_t steps;          /* of the search */
    uint32_t kept;           /* calls of the minimal history */
    uint32_t merged;         /* 1: there was too much to follow each configuration (few polls, many messages in
                              * common): a violation is one all the same, but some may have been accepted */
};

/* Checks.  A history with no order of its calls is made minimal: a call is left
 * out when the rest has none either, whether that call took effect or not. */
IRQCTS_API int32_t irqcts_history_check(struct irqcts_history_report *out, struct irqcts_history *history);
/* After a check that found something: the minimal history, and why, for people.  Sizes as in program.h. */
IRQCTS_API int32_t irqcts_history_text(size_t *out_length, const struct irqcts_history *history, char *text,
                                       size_t size);
/* The kept calls of the minimal history, `position` 0 .. kept-1; UINT32_MAX beyond. */
IRQCTS_API uint32_t irqcts_history_kept(const struct irqcts_history *history, uint32_t position);

/* What the threads do. */
struct irqcts_history_plan {
    uint64_t seed;
    uint32_t threads;    /* 1..IRQCTS_HISTORY_THREADS_MAX, and one more that polls */
    uint32_t operations; /* of all threads together, without polls */
    uint32_t sharing;    /* entries that have their messages in common, 1..4; M / N messages each at least */
    uint32_t polls;      /* at most so many while the threads run; one more when they are done */
    uint32_t without;    /* bit k: calls of enum irqcts_operation_kind k are left out, and there are more events */
    uint32_t pauses;     /* how often all threads wait while what is under way arrives: only then can a loss be told
                          * from a delay, so a backend that is not synchronous wants some */
};

/* Runs a plan on an open backend that has IRQCTS_PROPERTY_CONCURRENT and records
 * what happened.  Which threads' calls meet is not in the seed's power. */
IRQCTS_API int32_t irqcts_history_record(struct irqcts_history **out, const struct irqcts_backend_interface *backend,
                                         void *context, const struct irqcts_history_shape *shape,
                                         const struct irqcts_history_plan *plan);

#ifdef __cplusplus
}
#endif
#endif
