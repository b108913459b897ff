/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which message a memory write is: the granted messages, found by address and
 * data through a hash table with linear probing that is never more than half
 * full.
 */
#include "model_internal.h"

static uint32_t *slots_of(const struct irqcts_model *model)
{
    return (uint32_t *)(uintptr_t)((const char *)model + model->index_at);
}

/* Fibonacci hashing (Knuth 6.4): neighbouring messages differ in few bits. */
static uint32_t first_slot(const struct irqcts_model *model, uint64_t address, uint32_t data)
{
    uint64_t key = address ^ (uint64_t)data << 20;

    return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40) & (model->index_slots - 1u);
}

uint32_t message_index_slots(uint32_t messages)
{
    uint32_t slots = 2;

    while (slots < 2u * messages) {
        slots *= 2u;
    }
    return slots;
}

uint32_t search_message(const struct irqcts_model *model, uint64_t address, uint32_t data)
{
    const struct irqcts_message *messages = model_messages(model);
    const uint32_t *slots = slots_of(model);
    uint32_t at = first_slot(model, address, data);

    for (; slots[at] != 0; at = (at + 1u) & (model->index_slots - 1u)) {
        uint32_t i = slots[at] - 1u;
        if (messages[i].address == address && messages[i].data == data) {
            return i;
        }
    }
    return NO_TARGET;
}

void set_message(struct irqcts_model *model, uint32_t target, const struct irqcts_message *what)
{
    uint32_t *slots = slots_of(model);
    uint32_t at = first_slot(model, what->address, what->data);

    model_messages(model)[target] = *what;
    if ((what->flags & IRQCTS_MESSAGE_OPAQUE) != 0) {
        return; /* nobody can write it: its address and data are not shown */
    }
    while (slots[at] != 0 && slots[at] != target + 1u) {
        at = (at + 1u) & (model->index_slots - 1u);
    }
    if (slots[at] == 0 && model->index_used < model->total_messages) { /* as many as there are messages, no more */
        slots[at] = target + 1u;
        model->index_used++;
    }
}
