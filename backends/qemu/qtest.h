/* SPDX-License-Identifier: Apache-2.0 */
/* The qtest protocol, pipelined: commands are queued, sent together, and their replies read in order. */
#ifndef IRQCTS_QEMU_QTEST_H
#define IRQCTS_QEMU_QTEST_H

#include "stream.h"

#include <stdint.h>

/* Unread replies at most: QEMU stops reading when too many wait (about 20,000). */
#define QTEST_BATCH 2048u

struct qtest {
    struct stream *stream;
    char output[QTEST_BATCH * 48u];
    size_t output_end;
    uint32_t queued;
    /* Where each queued read's value goes, shifted: NULL for writes. */
    struct {
        uint64_t *value;
        uint32_t shift;
    } replies[QTEST_BATCH];
    uint64_t commands; /* sent in all, for the benchmark */
};

void qtest_initialise(struct qtest *qtest, struct stream *stream);

/* Queue one command; `width` 1, 2, 4 or 8 (ports: up to 4).  0 or -1. */
int qtest_write(struct qtest *qtest, uint64_t address, uint32_t width, uint64_t value, struct problem *problem);
int qtest_read(struct qtest *qtest, uint64_t address, uint32_t width, uint64_t *value, uint32_t shift,
               struct problem *problem);
int qtest_port_write(struct qtest *qtest, uint32_t port, uint32_t width, uint32_t value, struct problem *problem);
int qtest_port_read(struct qtest *qtest, uint32_t port, uint32_t width, uint64_t *value, struct problem *problem);

/* Sends what is queued and reads every reply. */
int qtest_flush(struct qtest *qtest, struct problem *problem);

#endif
