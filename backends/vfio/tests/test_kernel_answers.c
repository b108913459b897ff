/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting on kernels that answer otherwise than the one below this test: without epoll_pwait2, interrupted by a
 * signal, ready for nothing.  The calls are this program's own instead of the C library's, and follow a script.
 */
#define _GNU_SOURCE
#include "deliveries.h"

#include "check.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define READY_FOR_NOTHING 7u
#define ROOM 64 /* events that a caller has room for */

static struct {
    const int *answers;       /* of epoll_pwait2, one after the other: an errno, 0 for an event on READY_FOR_NOTHING */
    uint32_t left;            /* of them; then time is over */
    struct timespec patience; /* of the last epoll_pwait2 */
    int no_epoll_pwait2;      /* before Linux 5.11 */
    int interruptions;        /* of epoll_wait, to come */
    uint32_t waits;           /* calls of epoll_wait */
    int milliseconds;         /* of the last */
    int endless;              /* eventfd that is ready at each wait, 0 for none */
    uint64_t waiting_ns;      /* how long each of those waits takes */
    uint64_t passed_ns;       /* since the beginning, by the clock */
} script;

static int refuse(int code)
{
    errno = code;
    return -1;
}

int epoll_pwait2(int epoll, struct epoll_event *events, int room, const struct timespec *patience, const sigset_t *mask)
{
    (void)epoll;
    CHECK(room <= ROOM);
    CHECK(mask == NULL);
    script.patience = *patience;
    if (script.no_epoll_pwait2) {
        return refuse(ENOSYS);
    }
    if (script.endless != 0) {
        const uint64_t one = 1;
        CHECK_EQ(write(script.endless, &one, sizeof one), sizeof one);
        script.waits++;
        script.passed_ns += script.waiting_ns;
        events[0] = (struct epoll_event){ .events = EPOLLIN, .data = { .u32 = READY_FOR_NOTHING } };
        return 1;
    }
    if (script.left == 0) {
        return 0;
    }
    script.left--;
    if (*script.answers != 0) {
        return refuse(*script.answers++);
    }
    script.answers++;
    events[0] = (struct epoll_event){ .events = EPOLLIN, .data = { .u32 = READY_FOR_NOTHING } };
    return 1;
}

int epoll_wait(int epoll, struct epoll_event *events, int room, int milliseconds)
{
    CHECK(room <= ROOM);
    script.waits++;
    script.milliseconds = milliseconds;
    if (script.interruptions > 0) {
        script.interruptions--;
        return refuse(EINTR);
    }
    return (int)syscall(SYS_epoll_pwait, epoll, events, room, milliseconds, NULL, 0);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    CHECK_EQ(clock, CLOCK_MONOTONIC);
    *now = (struct timespec){ 5 + (time_t)(script.passed_ns / 1000000000u),
                              7 + (long)(script.passed_ns % 1000000000u) };
    return 0;
}

static void scripted(const int *answers, uint32_t count)
{
    memset(&script, 0, sizeof script);
    script.answers = answers;
    script.left = count;
}

static void ring(const struct vfio_deliveries *deliveries, uint32_t message, uint64_t times)
{
    CHECK_EQ(write(deliveries->eventfd[message], &times, sizeof times), sizeof times);
}

/* What the clock says, in nanoseconds. */
static void test_time(void)
{
    CHECK_EQ(vfio_monotonic_ns(), UINT64_C(5000000007));
}

/* The wait is as long as it was asked for, to the nanosecond. */
static void test_patience(struct vfio_deliveries *deliveries)
{
    uint64_t last = 1;
    scripted(NULL, 0);
    CHECK_EQ(vfio_deliveries_collect(deliveries, UINT64_C(3000000000), &last), 0);
    CHECK_EQ(script.patience.tv_sec, 3);
    CHECK_EQ(script.patience.tv_nsec, 0);
    CHECK_EQ(vfio_deliveries_collect(deliveries, UINT64_C(2000000001), &last), 0);
    CHECK_EQ(script.patience.tv_sec, 2);
    CHECK_EQ(script.patience.tv_nsec, 1);
    CHECK_EQ(script.waits, 0);
    CHECK_EQ(last, 0);
}

/* Signals and events that somebody else took are no end, and no arrival either. */
static void test_goes_on(struct vfio_deliveries *deliveries)
{
    static const int answers[] = { EINTR, 0, EINTR, 0 };
    uint64_t last = 1;
    scripted(answers, 4);
    errno = ENOSYS; /* of another call, long ago */
    CHECK_EQ(vfio_deliveries_collect(deliveries, 1000, &last), 0);
    CHECK_EQ(script.left, 0);
    CHECK_EQ(last, 0);
    CHECK_EQ(deliveries->arrived[READY_FOR_NOTHING], 0);
    errno = ENOSYS;
    CHECK_EQ(vfio_deliveries_collect(deliveries, 1000, &last), 0);
    CHECK_EQ(script.waits, 0);
}

static void test_fails(struct vfio_deliveries *deliveries)
{
    static const int answers[] = { ENOMEM };
    uint64_t last;
    scripted(answers, 1);
    CHECK_EQ(vfio_deliveries_collect(deliveries, 1000, &last), -ENOMEM);
    CHECK_EQ(script.waits, 0);
}

/* epoll_wait in its place: whole milliseconds, never less than was asked for, and no more events than there is room. */
static void test_without_epoll_pwait2(struct vfio_deliveries *deliveries)
{
    static const struct { uint64_t settle_ns; int milliseconds; } waits[] = {
        { 0, 0 }, { 1, 1 }, { 1000000, 1 }, { 1000001, 2 }, { 2500000, 3 },
    };
    uint64_t last = 1;
    scripted(NULL, 0);
    script.no_epoll_pwait2 = 1;
    for (uint32_t index = 0; index < sizeof waits / sizeof waits[0]; index++) {
        CHECK_EQ(vfio_deliveries_collect(deliveries, waits[index].settle_ns, &last), 0);
        CHECK_EQ(script.milliseconds, waits[index].milliseconds);
        CHECK_EQ(script.waits, index + 1);
        CHECK_EQ(last, 0);
    }
    for (uint32_t message = 0; message < 130; message++) {
        ring(deliveries, message, message + 1);
    }
    script.interruptions = 2;
    CHECK_EQ(vfio_deliveries_collect(deliveries, 1000000, &last), 0);
    CHECK_EQ(last, UINT64_C(5000000007));
    for (uint32_t message = 0; message < 130; message++) {
        CHECK_EQ(deliveries->arrived[message], message + 1);
    }
    vfio_deliveries_forget(deliveries);
}

/* Taking what is there is interrupted: it takes nothing, and the next time takes it. */
static void test_take(struct vfio_deliveries *deliveries)
{
    scripted(NULL, 0);
    ring(deliveries, 3, 2);
    script.interruptions = 1;
    CHECK_EQ(vfio_deliveries_take(deliveries), 0);
    CHECK_EQ(deliveries->arrived[3], 0);
    CHECK_EQ(vfio_deliveries_take(deliveries), 0);
    CHECK_EQ(deliveries->arrived[3], 2);
    CHECK_EQ(script.milliseconds, 0);
    vfio_deliveries_forget(deliveries);
}

/* No silence: an end after a second, or after twenty times the settle time, but not after a few long waits. */
static void test_endless(struct vfio_deliveries *deliveries)
{
    static const struct { uint64_t settle_ns, waiting_ns; uint32_t waits; } cases[] = {
        { 1000000, 500000, 2001 }, { 100000000, 90000000, 23 },
        { 1000000, UINT64_C(3000000000), 21 }, { 0, 500000, 2001 },
    };
    for (uint32_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        uint64_t last;
        scripted(NULL, 0);
        script.endless = deliveries->eventfd[READY_FOR_NOTHING];
        script.waiting_ns = cases[index].waiting_ns;
        deliveries->endless = false;
        CHECK_EQ(vfio_deliveries_collect(deliveries, cases[index].settle_ns, &last), -ETIME);
        CHECK_EQ(script.waits, cases[index].waits);
        CHECK(deliveries->endless);
        CHECK_EQ(deliveries->arrived[READY_FOR_NOTHING], script.waits);
        vfio_deliveries_forget(deliveries);
    }
}

int main(void)
{
    static struct vfio_deliveries deliveries;
    vfio_deliveries_clear(&deliveries);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 130), 0);
    test_time();
    test_patience(&deliveries);
    test_goes_on(&deliveries);
    test_fails(&deliveries);
    test_without_epoll_pwait2(&deliveries);
    test_take(&deliveries);
    CHECK(!deliveries.endless);
    test_endless(&deliveries);
    vfio_deliveries_release(&deliveries);
    return 0;
}
