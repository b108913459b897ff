/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the suite costs on VFIO: the same calls in a bare loop and through
 * backend and session, in the same boot; and how long an interrupt takes from
 * the event to its eventfd, vector by vector.  Runs in place of the agent in a
 * guest, or on a machine with a device:
 *
 *   irqcts-vfio-bench 0000:00:04.0
 *
 * Prints one JSON object a line and "end".
 */
#define _GNU_SOURCE
#include "backend.h"

#include "irqcts/session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPERATIONS 2000u
#define ROUNDS 5
#define LATENCIES 500u

const struct irqcts_backend_interface *irqcts_backend_vfio_entry(uint32_t abi_version);

static void fail(const char *what, const char *why)
{
    printf("{\"error\": \"%s: %s\"}\nend\n", what, why);
    exit(1);
}

/* The best of some rounds: what is measured is the cost, not the machine's other work. */
static double best(double candidate, double so_far)
{
    return candidate > so_far ? candidate : so_far;
}

static double per_second(uint64_t operations, uint64_t start_ns)
{
    return (double)operations * 1e9 / (double)(vfio_monotonic_ns() - start_ns);
}

static void open_device(struct vfio_device *device, struct vfio_deliveries *deliveries, const char *address)
{
    char error[512];
    if (vfio_device_open(device, address, VFIO_INTERFACE_AUTOMATIC, error, sizeof error) < 0) {
        fail("open", error);
    }
    vfio_deliveries_clear(deliveries);
    if (vfio_deliveries_resize(deliveries, device->entries) < 0 ||
        vfio_set_eventfds(device, 0, device->entries, deliveries->eventfd) != 0) {
        fail("enable", "the device does not give its vectors");
    }
}

static double bare_assign(const struct vfio_device *device, const struct vfio_deliveries *deliveries)
{
    double rate = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = vfio_monotonic_ns();
        for (uint32_t index = 0; index < OPERATIONS; index++) {
            if (vfio_set_eventfds(device, 1, 1, &deliveries->eventfd[index & 1u]) != 0) {
                fail("bare loop", "an assignment was refused");
            }
        }
        rate = best(per_second(OPERATIONS, start), rate);
    }
    return rate;
}

static double bare_trigger(const struct vfio_device *device)
{
    double rate = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = vfio_monotonic_ns();
        for (uint32_t index = 0; index < OPERATIONS; index++) {
            if (vfio_trigger_loopback(device, index & 1u) != 0) {
                fail("bare loop", "a trigger was refused");
            }
        }
        rate = best(per_second(OPERATIONS, start), rate);
    }
    return rate;
}

static struct irqcts_program *begin(uint32_t entries)
{
    struct irqcts_program *program;
    struct irqcts_operation configure = { .kind = IRQCTS_OPERATION_CONFIGURE, .entry = entries, .message = entries };
    struct irqcts_operation start = { .kind = IRQCTS_OPERATION_START };
    if (irqcts_program_create(&program) < 0 || irqcts_program_append(program, &configure, NULL, NULL) < 0 ||
        irqcts_program_append(program, &start, NULL, NULL) < 0) {
        fail("program", irqcts_last_error());
    }
    return program;
}

/* Operations a second of `count` copies of an operation: the run with them less the run without. */
static double through_session(const struct irqcts_backend_interface *backend, void *context, uint32_t entries,
                              const struct irqcts_operation *pair)
{
    double rate = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t nanoseconds[2];
        for (int filled = 0; filled < 2; filled++) {
            struct irqcts_program *program = begin(entries);
            for (uint32_t index = 0; filled == 1 && index < OPERATIONS; index++) {
                (void)irqcts_program_append(program, &pair[index & 1u], NULL, NULL);
            }
            struct irqcts_trace *trace;
            struct irqcts_outcome outcome;
            uint64_t start = vfio_monotonic_ns();
            if (irqcts_session_run(&trace, backend, context, program, 0, 0) < 0 ||
                irqcts_trace_judge(&outcome, trace, program, 0) < 0) {
                fail("session", irqcts_last_error());
            }
            nanoseconds[filled] = vfio_monotonic_ns() - start;
            irqcts_trace_free(trace);
            irqcts_program_free(program);
        }
        if (nanoseconds[1] > nanoseconds[0]) {
            rate = best((double)OPERATIONS * 1e9 / (double)(nanoseconds[1] - nanoseconds[0]), rate);
        }
    }
    return rate;
}

static int compare(const void *left, const void *right)
{
    const uint64_t *one = left;
    const uint64_t *other = right;
    return (*one > *other) - (*one < *other);
}

/* From the event in the device to the eventfd being readable, waited for with poll. */
static void latency(struct vfio_backend *backend, uint32_t entry)
{
    uint64_t measured[LATENCIES];
    struct pollfd waiting = { .fd = backend->deliveries.eventfd[entry], .events = POLLIN };
    for (uint32_t index = 0; index < LATENCIES; index++) {
        struct irqcts_result result = { 0 };
        uint64_t count;
        vfio_stimulus_raise(backend, entry, &result);
        uint64_t start = backend->raised_ns;
        if (result.status != IRQCTS_STATUS_OK || poll(&waiting, 1, 1000) != 1 ||
            read(waiting.fd, &count, sizeof count) != (ssize_t)sizeof count) {
            return; /* the device has no event for this entry */
        }
        measured[index] = vfio_monotonic_ns() - start;
    }
    qsort(measured, LATENCIES, sizeof measured[0], compare);
    printf("{\"measure\": \"latency_ns\", \"entry\": %u, \"least\": %llu, \"p50\": %llu, \"p90\": %llu, \"p99\": %llu, "
           "\"most\": %llu}\n",
           entry, (unsigned long long)measured[0], (unsigned long long)measured[LATENCIES / 2],
           (unsigned long long)measured[LATENCIES * 9 / 10], (unsigned long long)measured[LATENCIES * 99 / 100],
           (unsigned long long)measured[LATENCIES - 1]);
}

static void report(const char *what, double bare, double session)
{
    printf("{\"measure\": \"%s\", \"bare_per_second\": %.0f, \"suite_per_second\": %.0f, \"ratio\": %.3f}\n", what, bare,
           session, session / bare);
}

int main(int count, char **values)
{
    static struct vfio_device device;
    static struct vfio_deliveries deliveries;
    const struct irqcts_backend_interface *backend = irqcts_backend_vfio_entry(IRQCTS_BACKEND_ABI_VERSION);
    char options[64];
    char error[512];
    void *context;

    if (count != 2) {
        fprintf(stderr, "usage: irqcts-vfio-bench PCI-ADDRESS\n");
        return 2;
    }
    open_device(&device, &deliveries, values[1]);
    uint32_t entries = device.entries;
    double assign = bare_assign(&device, &deliveries);
    double trigger = bare_trigger(&device);
    vfio_device_close(&device);
    vfio_deliveries_release(&deliveries);

    snprintf(options, sizeof options, "device=%s", values[1]);
    if (backend->open(&context, options, error, sizeof error) < 0) {
        fail("backend", error);
    }
    const struct irqcts_operation assigns[2] = {
        { .kind = IRQCTS_OPERATION_SET_ENTRY, .entry = 1, .message = 0 },
        { .kind = IRQCTS_OPERATION_SET_ENTRY, .entry = 1, .message = 1 },
    };
    struct irqcts_operation triggers[2] = {
        { .kind = IRQCTS_OPERATION_VFIO_SET_IRQS, .message = VFIO_PCI_MSIX_IRQ_INDEX, .data = 1,
          .control = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER },
    };
    triggers[1] = triggers[0];
    triggers[1].entry = 1;
    report("assign_eventfd", assign, through_session(backend, context, entries, assigns));
    report("loopback_trigger", trigger, through_session(backend, context, entries, triggers));

    struct irqcts_program *program = begin(entries);
    struct irqcts_trace *trace;
    if (irqcts_session_run(&trace, backend, context, program, 0, 0) < 0) {
        fail("session", irqcts_last_error());
    }
    for (uint32_t entry = 0; entry < entries && entry < 8; entry++) {
        latency(context, entry);
    }
    irqcts_trace_free(trace);
    irqcts_program_free(program);
    backend->close(context);
    printf("end\n");
    return 0;
}
