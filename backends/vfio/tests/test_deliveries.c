/* SPDX-License-Identifier: Apache-2.0 */
/* Counting on eventfds: exact, told apart, complete. */
#define _GNU_SOURCE
#include "deliveries.h"

#include "check.h"

#include <errno.h>
#include <unistd.h>

#define SETTLE_NS 2000000u

static void ring(const struct vfio_deliveries *deliveries, uint32_t message, uint64_t times)
{
    CHECK_EQ(write(deliveries->eventfd[message], &times, sizeof times), sizeof times);
}

static uint32_t collect(struct vfio_deliveries *deliveries, struct irqcts_delivery *records, uint32_t capacity,
                        uint32_t *out_lost)
{
    struct irqcts_delivery_buffer buffer = { records, capacity, 0, 0, 0 };
    uint64_t last = 1;
    uint64_t before = vfio_monotonic_ns();
    CHECK_EQ(vfio_deliveries_collect(deliveries, SETTLE_NS, &last), 0);
    uint64_t silence = vfio_monotonic_ns() - (last == 0 ? before : last);
    CHECK(silence >= SETTLE_NS);
    vfio_deliveries_report(deliveries, &buffer);
    CHECK_EQ(last != 0, buffer.count + buffer.lost != 0);
    CHECK(last == 0 || last >= before);
    *out_lost = buffer.lost;
    return buffer.count;
}

static void test_counts(struct vfio_deliveries *deliveries)
{
    struct irqcts_delivery records[200];
    uint32_t lost;

    CHECK_EQ(vfio_deliveries_resize(deliveries, 130), 0);
    CHECK_EQ(collect(deliveries, records, 200, &lost), 0);
    ring(deliveries, 0, 1);
    ring(deliveries, 129, 3);
    ring(deliveries, 129, 2);
    CHECK_EQ(collect(deliveries, records, 200, &lost), 2);
    CHECK_EQ(records[0].message, 0);
    CHECK_EQ(records[0].count, 1);
    CHECK_EQ(records[0].function, 0);
    CHECK_EQ(records[1].message, 129);
    CHECK_EQ(records[1].count, 5);
    CHECK_EQ(collect(deliveries, records, 200, &lost), 0); /* reported once */
    for (uint32_t message = 0; message < 130; message++) { /* more than one wait hands out */
        ring(deliveries, message, 1);
    }
    CHECK_EQ(collect(deliveries, records, 200, &lost), 130);
    ring(deliveries, 1, 1);
    ring(deliveries, 2, 1);
    CHECK_EQ(collect(deliveries, records, 1, &lost), 1);
    CHECK_EQ(lost, 1);
    ring(deliveries, 7, UINT64_C(0x1ffffffff));
    ring(deliveries, 8, UINT32_MAX - 1u);
    CHECK_EQ(collect(deliveries, records, 200, &lost), 2);
    CHECK_EQ(records[0].count, UINT32_MAX);
    CHECK_EQ(records[1].count, UINT32_MAX - 1u);
}

/* The eventfds of a smaller program are still there for the next one. */
static void test_resize_keeps(struct vfio_deliveries *deliveries)
{
    int32_t first = deliveries->eventfd[3];
    CHECK_EQ(vfio_deliveries_resize(deliveries, 2), 0);
    CHECK_EQ(vfio_deliveries_resize(deliveries, 64), 0);
    CHECK_EQ(deliveries->eventfd[3], first);
}

/* What has arrived by now, without waiting, until it is reported or forgotten. */
static void test_take(struct vfio_deliveries *deliveries)
{
    struct irqcts_delivery records[2];
    struct irqcts_delivery_buffer buffer = { records, 2, 0, 0, 0 };
    errno = EBADF; /* of another call, long ago */
    CHECK_EQ(vfio_deliveries_take(deliveries), 0);
    ring(deliveries, 6, 2);
    CHECK_EQ(vfio_deliveries_take(deliveries), 0);
    ring(deliveries, 6, 1);
    CHECK_EQ(vfio_deliveries_take(deliveries), 0);
    vfio_deliveries_report(deliveries, &buffer);
    CHECK_EQ(buffer.count, 1);
    CHECK_EQ(records[0].message, 6);
    CHECK_EQ(records[0].count, 3);
    ring(deliveries, 0, 1);
    ring(deliveries, 63, 1);
    CHECK_EQ(vfio_deliveries_take(deliveries), 0);
    vfio_deliveries_forget(deliveries);
    vfio_deliveries_report(deliveries, &buffer);
    CHECK_EQ(buffer.count, 1);
    for (uint32_t message = 0; message < 130; message++) { /* as many as one wait hands out */
        ring(deliveries, message, 1);
    }
    uint32_t taken = 0;
    CHECK_EQ(vfio_deliveries_take(deliveries), 0);
    for (uint32_t message = 0; message < 130; message++) {
        taken += deliveries->arrived[message] != 0;
    }
    CHECK_EQ(taken, 64);
}

/* Nothing to wait on: the kernel's answer. */
static void test_fails(struct vfio_deliveries *deliveries)
{
    uint64_t last;
    CHECK_EQ(vfio_deliveries_collect(deliveries, SETTLE_NS, &last), -EBADF);
    CHECK_EQ(vfio_deliveries_take(deliveries), -EBADF);
}

int main(void)
{
    static struct vfio_deliveries deliveries;
    vfio_deliveries_clear(&deliveries);
    test_fails(&deliveries);
    test_counts(&deliveries);
    test_resize_keeps(&deliveries);
    test_take(&deliveries);
    vfio_deliveries_release(&deliveries);
    test_fails(&deliveries);
    return 0;
}
