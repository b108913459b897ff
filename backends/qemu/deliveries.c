/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that can be told apart, and how many of each arrived. */
#include "qemu.h"

struct irqcts_message qemu_message(const struct qemu *qemu, uint32_t message)
{
    struct irqcts_message made = {
        qemu->counter_function[message % QEMU_COUNTERS].bar_address[0] + IVSHMEM_DOORBELL,
        IVSHMEM_COUNTER_ID << 16 | message, 0};
    return made;
}

struct collecting {
    struct qemu *qemu;
    struct irqcts_delivery_buffer *deliveries;
    uint32_t counter;
};

static void found(void *context, uint32_t vector, uint32_t count)
{
    struct collecting *collecting = context;
    struct irqcts_delivery_buffer *deliveries = collecting->deliveries;
    int granted = vector < collecting->qemu->granted && vector % QEMU_COUNTERS == collecting->counter;
    struct irqcts_message message = qemu_message(collecting->qemu, vector);

    if (deliveries == NULL) {
        return;
    }
    if (deliveries->count == deliveries->capacity) {
        deliveries->lost++;
        return;
    }
    deliveries->records[deliveries->count++] = (struct irqcts_delivery){
        .message = granted ? vector : IRQCTS_MESSAGE_STRAY,
        .count = count,
        .data = message.data,
        .address = collecting->qemu->counter_function[collecting->counter].bar_address[0] + IVSHMEM_DOORBELL};
}

/* Everything sent, every reply read, and what the main loop owes done: it serves
 * whatever was ready before it takes the next command, so two more are enough. */
int qemu_settle(struct qemu *qemu)
{
    if (qtest_flush(&qemu->qtest, &qemu->problem) != 0) {
        return -1;
    }
    for (int i = 0; i < 2 && qemu->deferred; i++) {
        uint64_t ignored = 0;
        if (qtest_port_read(&qemu->qtest, 0x80, 1, &ignored, &qemu->problem) != 0 ||
            qtest_flush(&qemu->qtest, &qemu->problem) != 0) {
            return -1;
        }
    }
    qemu->deferred = 0;
    return 0;
}

int qemu_collect(struct qemu *qemu, struct irqcts_delivery_buffer *deliveries)
{
    if (qemu_settle(qemu) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < QEMU_COUNTERS; i++) {
        struct collecting collecting = {qemu, deliveries, i};
        (void)ivshmem_collect(&qemu->counter[i], found, &collecting);
    }
    return 0;
}
