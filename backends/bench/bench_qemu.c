/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's operations through the QEMU backend against a bare pipelined loop
 * of the same qtest commands on the same connection, with the same barriers
 * (replies are waited for where the program polls).  In turn, so that the ratio
 * survives a noisy machine.
 */
#define _POSIX_C_SOURCE 200809L
#include "irqcts/session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench_qemu_bare.h"

const struct irqcts_backend_interface *irqcts_backend_qemu_entry(uint32_t abi_version);

enum { ROUNDS = 7, GROUPS = 200, PER_GROUP = 60, OPERATIONS = GROUPS * (PER_GROUP + 1) };

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double median(double *values)
{
    for (int i = 1; i < ROUNDS; i++) {
        for (int j = i; j > 0 && values[j - 1] > values[j]; j--) {
            double swap = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    }
    return values[ROUNDS / 2];
}

int main(void)
{
    const struct irqcts_backend_interface *qemu = irqcts_backend_qemu_entry(IRQCTS_BACKEND_ABI_VERSION);
    static struct irqcts_operation operations[OPERATIONS];
    static struct irqcts_result results[OPERATIONS];
    static struct irqcts_delivery records[OPERATIONS];
    struct irqcts_operation configure = {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 4, .message = 1};
    struct irqcts_delivery_buffer deliveries = {records, OPERATIONS, 0, 0, 0};
    double through[ROUNDS];
    double bare[ROUNDS];
    double ratio[ROUNDS];
    char error[512] = "";
    void *context;

    if (qemu->open(&context, "device=rocker", error, sizeof(error)) < 0 ||
        qemu->execute(context, &configure, 1, results, &deliveries, error, sizeof(error)) < 0) {
        (void)fprintf(stderr, "irqcts-bench-qemu: %s\n", error);
        return 1;
    }
    for (uint32_t i = 0; i < OPERATIONS; i++) {
        int poll = i % (PER_GROUP + 1) == PER_GROUP;
        operations[i] = (struct irqcts_operation){
            .kind = poll ? IRQCTS_OPERATION_POLL : i % 2u != 0 ? IRQCTS_OPERATION_TABLE_READ : IRQCTS_OPERATION_TABLE_WRITE,
            .width = poll ? 0 : 4,
            .address = poll ? 0 : 8u + 16u * (i % 4u),
            .value = poll || i % 2u != 0 ? 0 : i};
    }
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
        deliveries.count = 0;
        if (qemu->execute(context, operations, OPERATIONS, results, &deliveries, error, sizeof(error)) < 0) {
            (void)fprintf(stderr, "irqcts-bench-qemu: %s\n", error);
            return 1;
        }
        through[round] = OPERATIONS / (seconds() - start);
        start = seconds();
        if (bare_loop(context, GROUPS, PER_GROUP) != 0) {
            (void)fprintf(stderr, "irqcts-bench-qemu: the bare loop failed\n");
            return 1;
        }
        bare[round] = OPERATIONS / (seconds() - start);
        ratio[round] = through[round] / bare[round];
    }
    qemu->close(context);
    (void)printf("{\"figures\": [\n"
                 "  {\"name\": \"qemu rocker: operations\", \"value\": %.6g, \"unit\": \"operations/s\", \"limit\": null},\n"
                 "  {\"name\": \"qemu rocker: bare qtest loop\", \"value\": %.6g, \"unit\": \"operations/s\", \"limit\": null},\n"
                 "  {\"name\": \"qemu rocker: program over bare loop\", \"value\": %.6g, \"unit\": \"ratio\", \"limit\": \">= 0.8\"}\n]}\n",
                 median(through), median(bare), median(ratio));
    return 0;
}
