/* SPDX-License-Identifier: Apache-2.0 */
/* The first measurement, with a stimulus that refuses: said at once and by name, not waited for. */
#define _GNU_SOURCE
#include "backend.h"

#include "check.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t answer;
static uint32_t raised;

/* VFIO, which agrees to everything. */
int ioctl(int file, unsigned long request, ...)
{
    (void)file;
    (void)request;
    return 0;
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
    return answer;
}

static const struct irqcts_stimulus_driver driver = { .name = "refusing", .arm = arm, .raise = raise_event };

static void sentence_has(uint32_t status, const char *part, const char *not_part)
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
    sentence_has(IRQCTS_STATUS_DEVICE_ERROR, "was refused: device-error; stimulus: refusing", "half a second");
    sentence_has(IRQCTS_STATUS_NOT_SUPPORTED, "was refused: not-supported", "half a second");
    sentence_has(IRQCTS_STATUS_OK, "within half a second; stimulus: refusing", "refused");
    return 0;
}
