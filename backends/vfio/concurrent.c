/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "concurrent.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

struct vfio_locks {
    pthread_mutex_t entry[IRQCTS_ENTRIES_MAX];
    pthread_mutex_t observer; /* of what was collected: one thread polls, this is for one that does not keep to it */
};

bool vfio_concurrent_can(const struct vfio_functions *functions)
{
    const struct vfio_backend *backend = functions->each[0];
    const struct irqcts_stimulus_driver *stimulus = backend->stimulus;
    return functions->count == 1 && stimulus != NULL && stimulus->asynchronous == 0 &&
           (stimulus->properties & IRQCTS_PROPERTY_CONCURRENT) != 0 && vfio_table_access(backend, 0, 4);
}

int32_t vfio_concurrent_open(struct vfio_functions *functions)
{
    struct vfio_locks *locks = malloc(sizeof *locks);
    if (locks == NULL) {
        return IRQCTS_ERROR_MEMORY;
    }
    for (uint32_t entry = 0; entry < IRQCTS_ENTRIES_MAX; entry++) {
        (void)pthread_mutex_init(&locks->entry[entry], NULL);
    }
    (void)pthread_mutex_init(&locks->observer, NULL);
    functions->locks = locks;
    return 0;
}

void vfio_concurrent_close(struct vfio_functions *functions)
{
    for (uint32_t entry = 0; functions->locks != NULL && entry < IRQCTS_ENTRIES_MAX; entry++) {
        (void)pthread_mutex_destroy(&functions->locks->entry[entry]);
    }
    free(functions->locks);
    functions->locks = NULL;
}

/* An interrupt that a processor holds a request for is taken before that processor runs a thread again: whoever has
 * been on all of them has waited for everything that had reached one, however long it took to get there.  Silence
 * alone would not do in a guest, whose processors wait for the host's scheduler. */
static void visit_every_processor(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) {
        return; /* more processors than a set has room for: silence has to do */
    }
    for (size_t processor = 0; processor < CPU_SETSIZE && CPU_COUNT(&allowed) > 1; processor++) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(processor, &one);
        if (CPU_ISSET(processor, &allowed)) {
            (void)sched_setaffinity(0, sizeof one, &one);
        }
    }
    (void)sched_setaffinity(0, sizeof allowed, &allowed);
}

void vfio_concurrent_begin(struct vfio_functions *functions)
{
    struct vfio_deliveries *deliveries = &functions->each[0]->deliveries;
    visit_every_processor();
    (void)vfio_deliveries_take(deliveries);
    vfio_deliveries_forget(deliveries);
}

static void poll_deliveries(struct vfio_backend *backend, bool until_silence, struct irqcts_result *result,
                            struct irqcts_delivery_buffer *deliveries)
{
    uint64_t last;
    if (until_silence) {
        visit_every_processor();
    }
    int32_t code = until_silence ? vfio_deliveries_collect(&backend->deliveries, backend->settle_ns, &last)
                                 : vfio_deliveries_take(&backend->deliveries);
    vfio_result_from_errno(result, code);
    result->delivery_first = deliveries->count;
    vfio_deliveries_report(&backend->deliveries, deliveries);
    result->delivery_count = deliveries->count - result->delivery_first;
}

bool vfio_concurrent_execute(struct vfio_functions *functions, const struct irqcts_operation *operation,
                             struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries)
{
    struct vfio_backend *backend = functions->each[0];
    bool has_entry = operation->entry < backend->device.entries;
    *result = (struct irqcts_result){ .status = IRQCTS_STATUS_NOT_SUPPORTED };
    switch (operation->kind) {
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
    case IRQCTS_OPERATION_SET_ENTRY:
        if (has_entry) {
            (void)pthread_mutex_lock(&functions->locks->entry[operation->entry]);
            vfio_execute(backend, operation, result, deliveries);
            (void)pthread_mutex_unlock(&functions->locks->entry[operation->entry]);
        }
        return true;
    case IRQCTS_OPERATION_RAISE:
        if (has_entry) {
            result->status = backend->stimulus->raise(backend->stimulus_state, operation->entry);
        }
        return true;
    case IRQCTS_OPERATION_POLL:
        (void)pthread_mutex_lock(&functions->locks->observer);
        poll_deliveries(backend, operation->value == 0, result, deliveries);
        (void)pthread_mutex_unlock(&functions->locks->observer);
        return true;
    case IRQCTS_OPERATION_FUNCTION_MASK: /* a word that is read, changed and written, or a switch of all vectors */
    case IRQCTS_OPERATION_ENABLE:
        return true; /* not supported beside other calls */
    default:
        return false;
    }
}
