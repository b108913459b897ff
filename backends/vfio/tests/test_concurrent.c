/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backend's own part in concurrent histories, under the thread sanitizer: a kernel and a
 * device of a few lines stand behind it.  The kernel's vectors are a table under a lock; the device
 * cannot see its mapped table being written, so calls that mask run for the sanitizer alone.
 */
#define _GNU_SOURCE
#include "check.h"
#include "concurrent.h"

#include "irqcts/history.h"
#include "irqcts/model.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ENTRIES = 8, BAR_BYTES = 4096, PBA_OFFSET = 2048 };

const struct irqcts_backend_interface *irqcts_backend_vfio_entry(uint32_t abi_version);

static struct {
    pthread_mutex_t lock;
    int32_t eventfd[ENTRIES]; /* the trigger of each vector */
} kernel = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* In the place of the C library's: VFIO_DEVICE_SET_IRQS of the MSI-X index, and yes to all else. */
int ioctl(int file, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    const struct vfio_irq_set *set = va_arg(arguments, const struct vfio_irq_set *);
    va_end(arguments);
    (void)file;
    if (request != VFIO_DEVICE_SET_IRQS || set->index != VFIO_PCI_MSIX_IRQ_INDEX ||
        (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) == 0) {
        return 0;
    }
    (void)pthread_mutex_lock(&kernel.lock);
    memcpy(&kernel.eventfd[set->start], set->data, set->count * sizeof(int32_t));
    (void)pthread_mutex_unlock(&kernel.lock);
    return 0;
}

static uint32_t raise_event(void *state, uint32_t entry)
{
    uint64_t one = 1;
    (void)state;
    (void)pthread_mutex_lock(&kernel.lock);
    CHECK_EQ(write(kernel.eventfd[entry], &one, sizeof one), sizeof one);
    (void)pthread_mutex_unlock(&kernel.lock);
    return IRQCTS_STATUS_OK;
}

static void nothing(void *state)
{
    (void)state;
}

static struct irqcts_stimulus_driver driver = {
    .abi_version = IRQCTS_STIMULUS_ABI_VERSION,
    .name = "fake",
    .properties = IRQCTS_PROPERTY_CONCURRENT,
    .arm = nothing,
    .raise = raise_event,
    .restore = nothing,
};

/* What vfio_functions_open leaves behind, for a device that is memory. */
static struct vfio_functions *open_fake(void *bar)
{
    struct vfio_functions *functions = calloc(1, sizeof *functions);
    struct vfio_backend *backend = calloc(1, sizeof *backend);
    struct vfio_device *device = &backend->device;
    CHECK(functions != NULL && backend != NULL);
    functions->each[0] = backend;
    functions->count = 1;
    device->file = memfd_create("configuration space", MFD_CLOEXEC);
    device->container = device->group = device->host_configuration = device->request = -1;
    CHECK_EQ(ftruncate(device->file, 4096), 0);
    device->bar[0] = bar;
    device->regions[0].size = BAR_BYTES;
    device->entries = ENTRIES;
    device->pba_offset = PBA_OFFSET;
    backend->stimulus = &driver;
    backend->settle_ns = 1000000;
    vfio_deliveries_clear(&backend->deliveries);
    CHECK(vfio_concurrent_can(functions));
    CHECK_EQ(vfio_concurrent_open(functions), 0);
    functions->description = (struct irqcts_backend_description){
        .name = "vfio",
        .identity = "vfio without a kernel",
        .operations = (UINT64_C(1) << IRQCTS_OPERATION_KIND_COUNT) - 1u,
        .properties = IRQCTS_PROPERTY_CONCURRENT,
    };
    return functions;
}

static void close_fake(struct vfio_functions *functions)
{
    close(functions->each[0]->device.file);
    vfio_deliveries_release(&functions->each[0]->deliveries);
    free(functions->each[0]);
    vfio_concurrent_close(functions);
    free(functions);
}

static void record(uint32_t threads, uint32_t without, bool judge)
{
    static uint8_t bar[BAR_BYTES];
    const struct irqcts_history_shape shape = { ENTRIES, ENTRIES, IRQCTS_READING_SET_ENTRY_KEEPS_MASK, 0 };
    const struct irqcts_history_plan plan = { .seed = threads, .threads = threads, .operations = 2000, .sharing = 2,
                                              .polls = 500, .without = without, .pauses = 20 };
    struct vfio_functions *functions = open_fake(bar);
    struct irqcts_history_report report;
    struct irqcts_history *history;
    char text[4096];
    size_t length;
    if (irqcts_history_record(&history, irqcts_backend_vfio_entry(IRQCTS_BACKEND_ABI_VERSION), functions, &shape,
                              &plan) != 0 ||
        (judge && irqcts_history_check(&report, history) != 0)) {
        (void)fprintf(stderr, "%s\n", irqcts_last_error());
        exit(1);
    }
    if (judge && report.verdict != IRQCTS_HISTORY_CONFORMS) {
        (void)irqcts_history_text(&length, history, text, sizeof text);
        (void)fprintf(stderr, "%s\n", text);
        exit(1);
    }
    irqcts_history_free(history);
    close_fake(functions);
}

/* Who may be used so: no loopback, no event that happens later, no second function, no driver that does not say so. */
static void only_what_can_be_used_so(void)
{
    static uint8_t bar[BAR_BYTES];
    struct vfio_functions *functions = open_fake(bar);
    driver.asynchronous = 1;
    CHECK(!vfio_concurrent_can(functions));
    driver.asynchronous = 0;
    driver.properties = 0;
    CHECK(!vfio_concurrent_can(functions));
    driver.properties = IRQCTS_PROPERTY_CONCURRENT;
    functions->each[0]->stimulus = NULL;
    CHECK(!vfio_concurrent_can(functions));
    functions->each[0]->stimulus = &driver;
    functions->each[0]->device.bar[0] = NULL;
    CHECK(!vfio_concurrent_can(functions));
    close_fake(functions);
}

int main(void)
{
    const uint32_t masks = 1u << IRQCTS_OPERATION_MASK | 1u << IRQCTS_OPERATION_UNMASK;
    only_what_can_be_used_so();
    for (uint32_t threads = 2; threads <= 5; threads++) {
        record(threads, masks, true);
        record(threads, 0, false);
    }
    return 0;
}
