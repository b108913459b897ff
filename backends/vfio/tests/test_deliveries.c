/* SPDX-License-Identifier: Apache-2.0 */
/* Counting on eventfds: exact, told apart, complete, and bounded by the descriptors there are. */
#define _GNU_SOURCE
#include "deliveries.h"

#include "check.h"

#include <errno.h>
#include <sys/resource.h>
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
    uint64_t last;
    CHECK_EQ(vfio_deliveries_collect(deliveries, SETTLE_NS, &last), 0);
    vfio_deliveries_report(deliveries, &buffer);
    CHECK(buffer.count == 0 || last != 0);
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
    CHECK_EQ(collect(deliveries, records, 200, &lost), 1);
    CHECK_EQ(records[0].count, UINT32_MAX);
}

/* The eventfds of a smaller program are still there for the next one. */
static void test_resize_keeps(struct vfio_deliveries *deliveries)
{
    int32_t first = deliveries->eventfd[3];
    CHECK_EQ(vfio_deliveries_resize(deliveries, 2), 0);
    CHECK_EQ(vfio_deliveries_resize(deliveries, 64), 0);
    CHECK_EQ(deliveries->eventfd[3], first);
}

static void test_exhaustion(struct vfio_deliveries *deliveries)
{
    struct rlimit limit = { 200, 200 };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQ(vfio_deliveries_resize(deliveries, 2048), -EMFILE);
    vfio_deliveries_release(deliveries);
    CHECK_EQ(vfio_deliveries_resize(deliveries, 10), 0); /* and everything was given back */
    vfio_deliveries_release(deliveries);
}

int main(void)
{
    static struct vfio_deliveries deliveries;
    vfio_deliveries_clear(&deliveries);
    test_counts(&deliveries);
    test_resize_keeps(&deliveries);
    test_exhaustion(&deliveries);
    return 0;
}
