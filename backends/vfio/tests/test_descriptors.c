/* SPDX-License-Identifier: Apache-2.0 */
/* The eventfds' file descriptors: as many as there are messages, within the limit, all given back, whatever fails. */
#define _GNU_SOURCE
#include "deliveries.h"

#include "check.h"
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static struct vfio_deliveries deliveries;

static void set_limit(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = { soft, hard };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static rlim_t soft_limit(void)
{
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}

/* Whatever stood there: no messages, no arrivals, and -1 for each file, which SET_IRQS takes for none. */
static void test_clear(void)
{
    memset(&deliveries, 0x5a, sizeof deliveries);
    vfio_deliveries_clear(&deliveries);
    CHECK_EQ(deliveries.epoll, -1);
    for (uint32_t message = 0; message < IRQCTS_ENTRIES_MAX; message++) {
        CHECK_EQ(deliveries.eventfd[message], -1);
        CHECK_EQ(deliveries.arrived[message], 0);
    }
}

/* One for each message and one for all; those that are there are kept; an odd number, so that pairs do not hide one. */
static void test_as_many_as_messages(void)
{
    int before = open_descriptors();
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 3), 0);
    CHECK_EQ(open_descriptors(), before + 4);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 2), 0);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 5), 0);
    CHECK_EQ(open_descriptors(), before + 6);
    vfio_deliveries_release(&deliveries);
    CHECK_EQ(open_descriptors(), before);
    CHECK_EQ(deliveries.epoll, -1);
    CHECK_EQ(deliveries.eventfd[4], -1);
    vfio_deliveries_release(&deliveries); /* nothing is there to give back, and nothing is */
    CHECK_EQ(open_descriptors(), before);
}

/* With standard input closed a file can be number 0, which is a descriptor like any other. */
static void test_descriptor_zero(void)
{
    (void)close(STDIN_FILENO);
    int before = open_descriptors();
    errno = EIO; /* of another call, long ago */
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 1), 0);
    CHECK_EQ(deliveries.epoll, 0);
    CHECK_EQ(open_descriptors(), before + 2);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 2), 0);
    CHECK_EQ(deliveries.epoll, 0);
    CHECK_EQ(open_descriptors(), before + 3);
    vfio_deliveries_release(&deliveries);
    CHECK_EQ(open_descriptors(), before);

    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK_EQ(input, STDIN_FILENO);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 0), 0);
    close(input);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 1), 0);
    CHECK_EQ(deliveries.eventfd[0], 0);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 2), 0);
    CHECK_EQ(deliveries.eventfd[0], 0);
    CHECK_EQ(open_descriptors(), before + 3);
    vfio_deliveries_release(&deliveries);
    CHECK_EQ(open_descriptors(), before);
    CHECK_EQ(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
}

/* What nobody can wait for: the kernel's answer, and the new eventfd is closed, nothing else. */
static void test_no_epoll(void)
{
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK(file >= 0);
    int before = open_descriptors();
    deliveries.epoll = file;
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 2), -EINVAL);
    CHECK_EQ(deliveries.eventfd[0], -1);
    CHECK_EQ(open_descriptors(), before);
    CHECK_EQ(deliveries.epoll, file);
    CHECK(fcntl(file, F_GETFD) >= 0);
    vfio_deliveries_release(&deliveries);
    CHECK_EQ(open_descriptors(), before - 1);
}

/* The soft limit goes up as far as the messages need, with 64 for the rest of the process, and the hard one allows. */
static void test_limit(void)
{
    int before = open_descriptors();
    set_limit(100, 300);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 36), 0);
    CHECK_EQ(soft_limit(), 100);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 40), 0);
    CHECK_EQ(soft_limit(), 104);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 1), 0);
    CHECK_EQ(soft_limit(), 104);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, IRQCTS_ENTRIES_MAX), -EMFILE);
    CHECK_EQ(soft_limit(), 300);
    vfio_deliveries_release(&deliveries);
    CHECK_EQ(open_descriptors(), before); /* also of those that there were before they were too many */
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 10), 0);
    vfio_deliveries_release(&deliveries);
}

/* Not even a file to wait on. */
static void test_no_descriptor(void)
{
    set_limit(0, 300);
    CHECK_EQ(vfio_deliveries_resize(&deliveries, 0), -EMFILE);
    CHECK_EQ(deliveries.epoll, -1);
    set_limit(300, 300); /* what ends the program needs some */
}

int main(void)
{
    test_clear();
    test_as_many_as_messages();
    test_descriptor_zero();
    test_no_epoll();
    test_limit();
    test_no_descriptor();
    return 0;
}
