/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that can be told apart, and how many of each arrived. */
#include "qemu.h"

/* The counters' bells, in order: the physical function's messages, then each virtual one's. */
static uint32_t bell_of(const struct qemu *qemu, uint32_t function, uint32_t message)
{
    return function == 0 ? message : qemu->messages + (function - 1u) * qemu->kind->virtual_messages + message;
}

static uint32_t function_of(const struct qemu *qemu, uint32_t bell)
{
    return bell < qemu->messages ? 0 : 1u + (bell - qemu->messages) / qemu->kind->virtual_messages;
}

static int is_granted(const struct qemu *qemu, uint32_t function, uint32_t message)
{
    return function == 0 ? message < qemu->granted
                         : function <= qemu->virtual_functions && message < qemu->virtual_granted;
}

struct irqcts_message qemu_message(const struct qemu *qemu, uint32_t function, uint32_t message)
{
    uint32_t bell = bell_of(qemu, function, message);
    struct irqcts_message made = {qemu->counter_function[bell % QEMU_COUNTERS].bar_address[0] + IVSHMEM_DOORBELL,
                                  IVSHMEM_COUNTER_ID << 16 | bell, 0};
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
    const struct qemu *qemu = collecting->qemu;
    uint32_t function = qemu->kind->virtual_messages > 0 ? function_of(qemu, vector) : 0;
    uint32_t message = vector - bell_of(qemu, function, 0);
    int granted = is_granted(qemu, function, message) && vector % QEMU_COUNTERS == collecting->counter;

    if (deliveries == NULL) {
        return;
    }
    if (deliveries->count == deliveries->capacity) {
        deliveries->lost++;
        return;
    }
    deliveries->records[deliveries->count++] = (struct irqcts_delivery){
        .function = granted ? function : 0,
        .message = granted ? message : IRQCTS_MESSAGE_STRAY,
        .count = count,
        .data = IVSHMEM_COUNTER_ID << 16 | vector,
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
