/* SPDX-License-Identifier: Apache-2.0 */
/* Histories written by hand: which have an order, which not, and what remains of those. */
#include "check.h"
#include "irqcts/history.h"
#include "irqcts/model.h"

static struct irqcts_history *history;
static struct irqcts_history_report report;
static char text[4096];

enum { MASK = IRQCTS_OPERATION_MASK, UNMASK = IRQCTS_OPERATION_UNMASK, RAISE = IRQCTS_OPERATION_RAISE,
       SET = IRQCTS_OPERATION_SET_ENTRY };

static void begin(uint32_t entries, uint32_t messages, uint32_t flags)
{
    const struct irqcts_history_shape shape = {entries, messages, IRQCTS_READING_SET_ENTRY_KEEPS_MASK, flags};

    irqcts_history_free(history);
    CHECK_EQ(irqcts_history_create(&history, &shape), 0);
}

static void call(uint64_t called, uint64_t returned, uint32_t kind, uint32_t entry, uint32_t message)
{
    const struct irqcts_history_call record = {.called = called, .returned = returned, .kind = (uint16_t)kind,
                                               .entry = entry, .message = message};

    CHECK_EQ(irqcts_history_append(history, &record, NULL, 0), 0);
}

static void look(uint64_t called, uint64_t returned, uint32_t all, uint32_t message, uint32_t count)
{
    const struct irqcts_history_call record = {.called = called, .returned = returned, .kind = IRQCTS_OPERATION_POLL,
                                               .flags = (uint16_t)(all != 0 ? IRQCTS_HISTORY_EXHAUSTIVE : 0)};
    const struct irqcts_history_delivery seen = {message, count};

    CHECK_EQ(irqcts_history_append(history, &record, &seen, count > 0), 0);
}

static uint32_t verdict(void)
{
    size_t length;

    if (irqcts_history_check(&report, history) != 0) {
        (void)fprintf(stderr, "%s\n", irqcts_last_error());
        exit(1);
    }
    CHECK_EQ(irqcts_history_text(&length, history, text, sizeof(text)), 0);
    return report.verdict;
}

static void one_after_the_other(void)
{
    begin(2, 2, 0);
    call(1, 2, RAISE, 0, 0);
    look(3, 4, 1, 0, 1);
    call(5, 6, MASK, 1, 0);
    call(7, 8, RAISE, 1, 0);
    look(9, 10, 1, 0, 0);
    call(11, 12, RAISE, 1, 0); /* PEND-COALESCE */
    call(13, 14, UNMASK, 1, 0);
    look(15, 16, 1, 1, 1);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_CONFORMS);
    CHECK_EQ(report.groups, 2);

    begin(1, 1, 0);
    call(1, 2, RAISE, 0, 0);
    look(3, 4, 1, 0, 0);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_LOST);
    begin(1, 1, 0);
    call(1, 2, RAISE, 0, 0);
    look(3, 4, 1, 0, 2);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_DUPLICATED);
    begin(2, 2, 0);
    call(1, 2, SET, 0, 1);
    call(3, 4, RAISE, 0, 0);
    look(5, 6, 1, 0, 1);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_MISROUTED);
    CHECK_EQ(report.call, 2);
    CHECK_EQ(report.groups, 1);
    begin(1, 1, 0);
    look(1, 2, 1, IRQCTS_MESSAGE_STRAY, 1);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_STRAY);
}

/* A mask and an event at once: either may come first, and what follows must fit one of the two. */
static void calls_that_overlap(void)
{
    for (uint32_t early = 0; early < 2; early++) {
        begin(1, 1, 0);
        call(1, 4, MASK, 0, 0);
        call(2, 3, RAISE, 0, 0);
        look(5, 6, 1, 0, early);
        call(7, 8, UNMASK, 0, 0);
        look(9, 10, 1, 0, 1u - early);
        CHECK_EQ(verdict(), IRQCTS_HISTORY_CONFORMS);
        begin(1, 1, 0);
        call(1, 4, MASK, 0, 0);
        call(2, 3, RAISE, 0, 0);
        look(5, 6, 1, 0, early);
        call(7, 8, UNMASK, 0, 0);
        look(9, 10, 1, 0, early);
        CHECK_EQ(verdict(), early != 0 ? IRQCTS_HISTORY_DUPLICATED : IRQCTS_HISTORY_LOST);
    }
    begin(1, 1, 0); /* the same, not at once: masked first */
    call(1, 2, MASK, 0, 0);
    call(3, 4, RAISE, 0, 0);
    look(5, 6, 1, 0, 1);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_DUPLICATED);

    begin(2, 2, 0); /* two routes at once: each event takes one, and once there is no way back */
    call(1, 10, SET, 0, 1);
    call(2, 3, RAISE, 0, 0);
    look(4, 5, 1, 1, 1);
    call(6, 7, RAISE, 0, 0);
    look(8, 9, 1, 0, 1);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_MISROUTED);
}

/* Deliveries with time stamps, and a way that makes one of several. */
static void deliveries_take_their_time(void)
{
    begin(1, 1, 0);
    call(1, 2, RAISE, 0, 0);
    look(3, 4, 0, 0, 0); /* not there yet */
    call(5, 6, RAISE, 0, 0);
    look(7, 7, 0, 0, 1);
    look(8, 8, 0, 0, 1);
    look(9, 10, 1, 0, 0);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_CONFORMS);
    begin(1, 1, 0);
    look(1, 1, 0, 0, 1); /* before its cause */
    call(2, 3, RAISE, 0, 0);
    look(4, 5, 1, 0, 0);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_MISROUTED); /* one too many, and one too few */
    for (uint32_t coalesces = 0; coalesces < 2; coalesces++) {
        begin(1, 1, coalesces);
        call(1, 2, RAISE, 0, 0);
        call(3, 4, RAISE, 0, 0);
        look(5, 6, 1, 0, 1);
        CHECK_EQ(verdict(), coalesces ? IRQCTS_HISTORY_CONFORMS : IRQCTS_HISTORY_LOST);
    }
}

/* An interrupt that waits to be taken while its vector gets another eventfd: it comes, as one or the other. */
static void identity_is_settled_on_arrival(void)
{
    for (uint32_t late = 0; late < 2; late++) {
        for (uint32_t message = 0; message < 2; message++) {
            begin(2, 2, late ? IRQCTS_HISTORY_ROUTED_ON_ARRIVAL : 0);
            call(1, 2, RAISE, 0, 0);
            call(3, 4, SET, 0, 1);
            look(5, 6, 1, message, 1);
            CHECK_EQ(verdict(), late || message == 0 ? IRQCTS_HISTORY_CONFORMS : IRQCTS_HISTORY_MISROUTED);
        }
    }
    begin(2, 2, IRQCTS_HISTORY_ROUTED_ON_ARRIVAL);
    call(1, 2, RAISE, 0, 0);
    call(3, 4, SET, 0, 1);
    look(5, 6, 1, 0, 0);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_LOST); /* but it comes */
    begin(2, 2, IRQCTS_HISTORY_ROUTED_ON_ARRIVAL);
    call(1, 2, SET, 0, 1);
    call(3, 4, RAISE, 0, 0);
    look(5, 6, 1, 0, 1);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_MISROUTED); /* what happens afterwards is the new message */
    begin(3, 3, IRQCTS_HISTORY_ROUTED_ON_ARRIVAL);
    call(1, 2, RAISE, 1, 0);
    call(3, 4, SET, 0, 2);
    look(5, 6, 1, 2, 1);
    CHECK(verdict() != IRQCTS_HISTORY_CONFORMS); /* and another entry's stays what it was */
}

/* Hundreds of calls around one that fails: few are left, and those that matter. */
static void what_does_not_matter_is_left_out(void)
{
    uint64_t at = 0;

    begin(2, 2, 0);
    for (uint32_t i = 0; i < 200; i++) {
        call(at + 1, at + 2, RAISE, 0, 0);
        look(at + 3, at + 4, 1, 0, 1);
        call(at + 5, at + 6, i % 2 ? MASK : UNMASK, 1, 0);
        at += 6;
    }
    call(at + 1, at + 2, UNMASK, 1, 0);
    call(at + 3, at + 4, RAISE, 0, 0);
    call(at + 5, at + 6, RAISE, 1, 0);
    look(at + 7, at + 8, 1, 0, 1);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_LOST);
    CHECK_EQ(report.entry, 1);
    CHECK(report.kept <= 3);
    CHECK(strstr(text, "a message was lost") != NULL);
    CHECK(strstr(text, "raise 1") != NULL);
    CHECK(strstr(text, "raise 0") == NULL);
    CHECK_EQ(irqcts_history_kept(history, report.kept), UINT32_MAX);
}

static void what_is_no_history_is_refused(void)
{
    struct irqcts_history_call record = {.called = 2, .returned = 1, .kind = RAISE};
    const struct irqcts_history_shape shape = {.entries = 65, .messages = 1};
    struct irqcts_history *none;

    begin(1, 1, 0);
    CHECK_EQ(irqcts_history_append(history, &record, NULL, 0), IRQCTS_ERROR_ARGUMENT);
    record = (struct irqcts_history_call){.kind = RAISE, .entry = 1};
    CHECK_EQ(irqcts_history_append(history, &record, NULL, 0), IRQCTS_ERROR_ARGUMENT);
    record = (struct irqcts_history_call){.kind = IRQCTS_OPERATION_RESET};
    CHECK_EQ(irqcts_history_append(history, &record, NULL, 0), IRQCTS_ERROR_ARGUMENT);
    record = (struct irqcts_history_call){.kind = IRQCTS_OPERATION_ENABLE, .message = 2};
    CHECK_EQ(irqcts_history_append(history, &record, NULL, 0), IRQCTS_ERROR_ARGUMENT);
    CHECK_EQ(irqcts_history_create(&none, &shape), IRQCTS_ERROR_ARGUMENT);
    record = (struct irqcts_history_call){.kind = RAISE, .status = IRQCTS_STATUS_DEVICE_ERROR};
    CHECK_EQ(irqcts_history_append(history, &record, NULL, 0), 0);
    CHECK_EQ(verdict(), IRQCTS_HISTORY_REFUSED);

    begin(1, 1, 0); /* more at once than can be ordered */
    for (uint32_t i = 0; i <= IRQCTS_HISTORY_PENDING_MAX; i++) {
        call(1, 2, RAISE, 0, 0);
    }
    CHECK_EQ(irqcts_history_check(&report, history), IRQCTS_ERROR_CAPACITY);
    CHECK(strstr(irqcts_last_error(), "use fewer threads") != NULL);
}

int main(void)
{
    one_after_the_other();
    calls_that_overlap();
    deliveries_take_their_time();
    identity_is_settled_on_arrival();
    what_does_not_matter_is_left_out();
    what_is_no_history_is_refused();
    irqcts_history_free(history);
    return 0;
}
