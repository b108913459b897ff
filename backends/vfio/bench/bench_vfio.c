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
#include "functions.h"

#include "irqcts/session.h"

#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPERATIONS 2000u
#define ROUNDS 24
#define LATENCIES 500u
#define ENTRIES_TIMED 8u

const struct irqcts_backend_interface *irqcts_backend_vfio_entry(uint32_t abi_version);

static void fail(const char *what, const char *why)
{
    printf("{\"error\": \"%s: %s\"}\nend\n", what, why);
    exit(1);
}

/* The best of some rounds: what is measured is the cost, not the machine's other work. */
static uint64_t best(uint64_t candidate, uint64_t so_far)
{
    return candidate < so_far ? candidate : so_far;
}

/* One round of the calls that a backend makes, and of nothing else; nanoseconds. */
static uint64_t bare_assign(const struct vfio_backend *backend)
{
    uint64_t start = vfio_monotonic_ns();
    for (uint32_t index = 0; index < OPERATIONS; index++) {
        if (vfio_set_eventfds(&backend->device, 1, 1, &backend->deliveries.eventfd[index & 1u]) != 0) {
            fail("bare loop", "an assignment was refused");
        }
    }
    return vfio_monotonic_ns() - start;
}

static uint64_t bare_trigger(const struct vfio_backend *backend)
{
    uint64_t start = vfio_monotonic_ns();
    for (uint32_t index = 0; index < OPERATIONS; index++) {
        if (vfio_trigger_loopback(&backend->device, index & 1u) != 0) {
            fail("bare loop", "a trigger was refused");
        }
    }
    return vfio_monotonic_ns() - start;
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

/* Runs and judges `count` operations behind configure and start; nanoseconds. */
static uint64_t session_round(const struct irqcts_backend_interface *backend, struct vfio_functions *context,
                              const struct irqcts_operation *pair, uint32_t count)
{
    struct irqcts_program *program = begin(context->each[0]->device.entries);
    struct irqcts_trace *trace;
    struct irqcts_outcome outcome;
    for (uint32_t index = 0; index < count; index++) {
        (void)irqcts_program_append(program, &pair[index & 1u], NULL, NULL);
    }
    uint64_t start = vfio_monotonic_ns();
    if (irqcts_session_run(&trace, backend, context, program, 0, 0) < 0 ||
        irqcts_trace_judge(&outcome, trace, program, 0) < 0) {
        fail("session", irqcts_last_error());
    }
    uint64_t taken = vfio_monotonic_ns() - start;
    irqcts_trace_free(trace);
    irqcts_program_free(program);
    return taken;
}

/* Bare loop and session in turns, so that what else the machine does falls on both. */
static void compare_rates(const char *what, const struct irqcts_backend_interface *backend,
                          struct vfio_functions *context, const struct irqcts_operation *pair,
                          uint64_t (*bare_round)(const struct vfio_backend *backend))
{
    uint64_t least_bare = UINT64_MAX;
    uint64_t least_empty = UINT64_MAX;
    uint64_t least_filled = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        least_empty = best(session_round(backend, context, pair, 0), least_empty);
        least_filled = best(session_round(backend, context, pair, OPERATIONS), least_filled);
        least_bare = best(bare_round(context->each[0]), least_bare); /* enabled by the session before it */
    }
    if (least_filled <= least_empty) {
        fail(what, "this machine is too busy to measure anything");
    }
    double bare = (double)OPERATIONS * 1e9 / (double)least_bare;
    double session = (double)OPERATIONS * 1e9 / (double)(least_filled - least_empty);
    printf("{\"measure\": \"%s\", \"bare_per_second\": %.0f, \"suite_per_second\": %.0f, \"ratio\": %.3f}\n", what,
           bare, session, session / bare);
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

int main(int count, char **values)
{
    const struct irqcts_backend_interface *backend = irqcts_backend_vfio_entry(IRQCTS_BACKEND_ABI_VERSION);
    char options[64];
    char error[512];
    void *context;

    if (count != 2) {
        fprintf(stderr, "usage: irqcts-vfio-bench PCI-ADDRESS\n");
        return 2;
    }
    /* As in the agent: what one program used the next one finds in place. */
    (void)mallopt(M_MMAP_THRESHOLD, 16 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 20);
    snprintf(options, sizeof options, "device=%s", values[1]);
    if (backend->open(&context, options, error, sizeof error) < 0) {
        fail("backend", error);
    }
    struct vfio_functions *functions = context;
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
    compare_rates("assign_eventfd", backend, functions, assigns, bare_assign);
    compare_rates("loopback_trigger", backend, functions, triggers, bare_trigger);

    struct vfio_backend *physical = functions->each[0];
    (void)session_round(backend, functions, assigns, 0); /* every entry with its own eventfd again */
    for (uint32_t entry = 0; entry < physical->device.entries && entry < ENTRIES_TIMED; entry++) {
        latency(physical, entry);
    }
    backend->close(context);
    printf("end\n");
    return 0;
}
