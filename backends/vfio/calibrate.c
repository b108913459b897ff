/* SPDX-License-Identifier: Apache-2.0 */
/* How long an event takes to arrive, and so how long silence must last to be one. */
#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARMING_EVENTS 16 /* the first ones pay for caches and, in an emulator, for translation */
#define CALIBRATION_EVENTS 64
#define CALIBRATION_RANK 57 /* the latency that nine tenths do not exceed: one descheduling must not set it */
#define CALIBRATION_PATIENCE_NS 500000000u
/* How long silence must last, as a multiple of that latency, and its bounds. */
#define SETTLE_FACTOR 50u
#define SETTLE_WORST_FACTOR 4u
#define SETTLE_LEAST_NS 1000000u
#define SETTLE_MOST_NS 100000000u

/* 0 when the event did not arrive, or was refused: *out_status says which. */
static uint64_t measure_one(struct vfio_backend *backend, uint32_t *out_status)
{
    struct irqcts_result result = { 0 };
    uint64_t last = 0;
    vfio_stimulus_raise(backend, 0, &result);
    *out_status = result.status;
    if (result.status != IRQCTS_STATUS_OK) {
        return 0;
    }
    uint64_t start = vfio_monotonic_ns();
    while (last == 0 && vfio_monotonic_ns() - start < CALIBRATION_PATIENCE_NS) {
        if (vfio_deliveries_collect(&backend->deliveries, 200000, &last) < 0) {
            return 0;
        }
    }
    return last > start ? last - start : last != 0; /* 1: it was there already */
}

static int compare_latencies(const void *left, const void *right)
{
    const uint64_t *one = left;
    const uint64_t *other = right;
    return (*one > *other) - (*one < *other);
}

int32_t vfio_calibrate(struct vfio_backend *backend, char *error, size_t error_size)
{
    backend->settle_ns = SETTLE_LEAST_NS;
    int32_t code = vfio_deliveries_resize(&backend->deliveries, 1);
    code = code < 0 ? code : vfio_bring_to_reset(backend);
    code = code < 0 ? code : vfio_set_eventfds(&backend->device, 0, 1, backend->deliveries.eventfd);
    uint64_t latencies[CALIBRATION_EVENTS];
    for (int event = -WARMING_EVENTS; code == 0 && event < CALIBRATION_EVENTS; event++) {
        uint32_t status;
        uint64_t latency = measure_one(backend, &status);
        const char *stimulus = backend->stimulus == NULL ? "loopback" : backend->stimulus->name;
        if (status != IRQCTS_STATUS_OK) {
            snprintf(error, error_size, "%s: an event on entry 0 was refused: %s; stimulus: %s",
                     backend->device.address, vfio_status_name(status), stimulus);
            return IRQCTS_ERROR_OPEN;
        }
        if (latency == 0 && backend->deliveries.endless) {
            code = -ETIME;
        } else if (latency == 0) {
            snprintf(error, error_size,
                     "%s: an event on entry 0 did not arrive on its eventfd within half a second; stimulus: %s",
                     backend->device.address, stimulus);
            return IRQCTS_ERROR_OPEN;
        }
        if (event >= 0) {
            latencies[event] = latency;
        }
    }
    if (backend->deliveries.endless) {
        snprintf(error, error_size, VFIO_ENDLESS_SENTENCE, backend->device.address);
        return IRQCTS_ERROR_OPEN;
    }
    if (code != 0) {
        snprintf(error, error_size, "%s: cannot enable one MSI-X vector for the first measurement: %s",
                 backend->device.address, code < 0 ? strerror(-code) : "no vector is available");
        return IRQCTS_ERROR_OPEN;
    }
    qsort(latencies, CALIBRATION_EVENTS, sizeof latencies[0], compare_latencies);
    uint64_t settle = latencies[CALIBRATION_RANK] * SETTLE_FACTOR;
    if (backend->stimulus != NULL && backend->stimulus->asynchronous != 0) {
        /* The device works beside this processor.  An emulated one is descheduled on a
         * busy machine, now and then and for long: the worst says how long, and the
         * middle what is usual. */
        uint64_t worst = latencies[CALIBRATION_EVENTS - 1] * SETTLE_WORST_FACTOR;
        settle = latencies[CALIBRATION_EVENTS / 2] * SETTLE_FACTOR;
        settle = settle < worst ? worst : settle;
    }
    settle = settle < SETTLE_LEAST_NS ? SETTLE_LEAST_NS : settle;
    backend->settle_ns = settle > SETTLE_MOST_NS ? SETTLE_MOST_NS : settle;
    return 0;
}
