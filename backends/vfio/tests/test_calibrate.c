/* SPDX-License-Identifier: Apache-2.0 */
/* The first measurement, with a device that refuses, and with one that never stops: said by name. */
#define _GNU_SOURCE
#include "backend.h"

#include "check.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t answer;
static int endless; /* eventfd on which a device interrupts all the time; -1 for none */
static uint32_t raised;
static const struct vfio_deliveries *endless_from_now; /* its first message, at the next event */

/* VFIO, which agrees to everything. */
int ioctl(int file, unsigned long request, ...)
{
    (void)file;
    (void)request;
    return 0;
}

/* As the kernel counts, with one more before each count is read. */
ssize_t read(int file, void *out, size_t bytes)
{
    const uint64_t one = 1;
    ssize_t length = syscall(SYS_read, file, out, bytes);
    if (file == endless && length > 0) {
        CHECK_EQ(write(file, &one, sizeof one), sizeof one);
    }
    return length;
}

static void arm(void *state)
{
    (void)state;
}

static uint32_t raise_event(void *state, uint32_t entry)
{
    (void)state;
    CHECK_EQ(entry, 0);
    raised++;
    if (endless_from_now != NULL) {
        const uint64_t one = 1;
        endless = endless_from_now->eventfd[0];
        CHECK_EQ(write(endless, &one, sizeof one), sizeof one);
    }
    return answer;
}

static const struct irqcts_stimulus_driver driver = { .name = "refusing", .arm = arm, .raise = raise_event };

static void sentence_has(uint32_t status, bool without_end, const char *part, const char *not_part)
{
    static struct vfio_backend backend;
    char error[512] = "";
    backend = (struct vfio_backend){ .stimulus = &driver };
    backend.device.entries = 1;
    backend.device.host_configuration = -1;
    backend.device.file = memfd_create("configuration space", MFD_CLOEXEC);
    CHECK_EQ(ftruncate(backend.device.file, 4096), 0);
    vfio_deliveries_clear(&backend.deliveries);
    answer = status;
    endless = -1;
    endless_from_now = without_end ? &backend.deliveries : NULL;
    raised = 0;
    CHECK(vfio_calibrate(&backend, error, sizeof error) < 0);
    CHECK_EQ(raised, 1);
    if (strstr(error, part) == NULL || strstr(error, not_part) != NULL) {
        (void)fprintf(stderr, "not the sentence: \"%s\"\n", error);
        exit(1);
    }
    vfio_deliveries_release(&backend.deliveries);
    close(backend.device.file);
}

int main(void)
{
    sentence_has(IRQCTS_STATUS_DEVICE_ERROR, false, "was refused: device-error; stimulus: refusing", "half a second");
    sentence_has(IRQCTS_STATUS_NOT_SUPPORTED, false, "was refused: not-supported", "half a second");
    sentence_has(IRQCTS_STATUS_OK, false, "within half a second; stimulus: refusing", "refused");
    sentence_has(IRQCTS_STATUS_OK, true, "interrupts without being asked", "half a second");
    return 0;
}
