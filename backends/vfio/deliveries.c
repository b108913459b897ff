/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "deliveries.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 64
#define ENDLESS_NS UINT64_C(1000000000) /* no silence for so long, or so many settle times, if that is longer */
#define ENDLESS_SETTLES 20u
#define DESCRIPTORS_BESIDES 64u /* what the rest of the process has open */

uint64_t vfio_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void vfio_deliveries_clear(struct vfio_deliveries *deliveries)
{
    memset(deliveries, 0, sizeof *deliveries);
    deliveries->epoll = -1;
    for (uint32_t message = 0; message < IRQCTS_ENTRIES_MAX; message++) {
        deliveries->eventfd[message] = -1;
    }
}

/* An eventfd a message can be more than the soft limit of open files allows. */
static void raise_descriptor_limit(uint32_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int32_t vfio_deliveries_resize(struct vfio_deliveries *deliveries, uint32_t count)
{
    if (deliveries->epoll < 0) {
        deliveries->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (deliveries->epoll < 0) {
            return -errno;
        }
    }
    raise_descriptor_limit(count + DESCRIPTORS_BESIDES);
    for (uint32_t message = 0; message < count; message++) {
        if (deliveries->eventfd[message] >= 0) {
            continue;
        }
        int file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (file < 0) {
            return -errno;
        }
        struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = message } };
        if (epoll_ctl(deliveries->epoll, EPOLL_CTL_ADD, file, &event) < 0) {
            int code = errno;
            close(file);
            return -code;
        }
        deliveries->eventfd[message] = file;
    }
    return 0;
}

void vfio_deliveries_release(struct vfio_deliveries *deliveries)
{
    for (uint32_t message = 0; message < IRQCTS_ENTRIES_MAX; message++) {
        if (deliveries->eventfd[message] >= 0) {
            close(deliveries->eventfd[message]);
        }
    }
    if (deliveries->epoll >= 0) {
        close(deliveries->epoll);
    }
    vfio_deliveries_clear(deliveries);
}

/* Adds up what the eventfds that are ready hold; whether any held something. */
static bool read_ready(struct vfio_deliveries *deliveries, const struct epoll_event *events, int ready)
{
    bool any = false;
    for (int index = 0; index < ready; index++) {
        uint32_t message = events[index].data.u32;
        uint64_t count;
        if (read(deliveries->eventfd[message], &count, sizeof count) == (ssize_t)sizeof count) {
            deliveries->arrived[message] += count;
            any = true;
        }
    }
    return any;
}

int32_t vfio_deliveries_take(struct vfio_deliveries *deliveries)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int ready = epoll_wait(deliveries->epoll, events, EVENTS_AT_ONCE, 0);
    if (ready < 0 && errno != EINTR) {
        return -errno;
    }
    (void)read_ready(deliveries, events, ready);
    return 0;
}

int32_t vfio_deliveries_collect(struct vfio_deliveries *deliveries, uint64_t settle_ns, uint64_t *out_last_ns)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    struct timespec patience = { (time_t)(settle_ns / 1000000000u), (long)(settle_ns % 1000000000u) };
    uint64_t bound = settle_ns * ENDLESS_SETTLES > ENDLESS_NS ? settle_ns * ENDLESS_SETTLES : ENDLESS_NS;
    uint64_t start = vfio_monotonic_ns();
    uint32_t arrivals = 0; /* of a machine that stood still for a while there are few */
    *out_last_ns = 0;
    for (;;) {
        int ready = epoll_pwait2(deliveries->epoll, events, EVENTS_AT_ONCE, &patience, NULL);
        if (ready < 0 && errno == ENOSYS) { /* before Linux 5.11: whole milliseconds, rounded up */
            ready = epoll_wait(deliveries->epoll, events, EVENTS_AT_ONCE, (int)((settle_ns + 999999u) / 1000000u));
        }
        if (ready < 0 && errno != EINTR) {
            return -errno;
        }
        if (ready == 0) {
            return 0;
        }
        if (read_ready(deliveries, events, ready)) {
            *out_last_ns = vfio_monotonic_ns();
            arrivals++;
            if (*out_last_ns - start > bound && arrivals > ENDLESS_SETTLES) {
                deliveries->endless = true;
                return -ETIME;
            }
        }
    }
}

void vfio_deliveries_report(struct vfio_deliveries *deliveries, struct irqcts_delivery_buffer *out)
{
    for (uint32_t message = 0; message < IRQCTS_ENTRIES_MAX; message++) {
        uint64_t arrived = deliveries->arrived[message];
        if (arrived == 0) {
            continue;
        }
        deliveries->arrived[message] = 0;
        if (out->count >= out->capacity) {
            out->lost++;
            continue;
        }
        out->records[out->count++] = (struct irqcts_delivery){
            .function = 0,
            .message = message,
            .count = arrived > UINT32_MAX ? UINT32_MAX : (uint32_t)arrived,
        };
    }
}

void vfio_deliveries_forget(struct vfio_deliveries *deliveries)
{
    memset(deliveries->arrived, 0, sizeof deliveries->arrived);
}
