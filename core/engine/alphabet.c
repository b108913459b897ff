/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inputs of a complete suite: what can be done to the first entries of a
 * table, as far as the backend can do it, each with the poll that shows its
 * deliveries.
 */
#include "complete_internal.h"

static struct input *new_input(struct irqcts_complete *suite)
{
    struct input *input = &suite->inputs[suite->all_inputs++];

    *input = (struct input){0};
    return input;
}

static void add(struct input *input, struct irqcts_operation operation)
{
    input->operations[input->count++] = operation;
}

static int usable(const struct irqcts_complete *suite, uint32_t kind)
{
    return (int)((suite->options.operations >> kind) & 1u);
}

/* An input of one operation and the poll that shows its deliveries. */
static void add_simple(struct irqcts_complete *suite, struct irqcts_operation operation)
{
    struct input *input;

    if (!usable(suite, operation.kind)) {
        return;
    }
    input = new_input(suite);
    add(input, operation);
    add(input, OPERATION(.kind = IRQCTS_OPERATION_POLL));
}

static struct irqcts_operation table_access(uint16_t kind, uint32_t entry, uint32_t offset, uint8_t width)
{
    return OPERATION(.kind = kind, .width = width, .address = entry * IRQCTS_ENTRY_BYTES + offset);
}

/* A message put into an entry by register writes. */
static void add_assignment(struct irqcts_complete *suite, uint32_t entry, uint32_t message)
{
    struct irqcts_operation address = table_access(IRQCTS_OPERATION_TABLE_WRITE, entry, 0, 8);
    struct irqcts_operation data = table_access(IRQCTS_OPERATION_TABLE_WRITE, entry, 8, 4);
    struct input *input;

    if (!usable(suite, IRQCTS_OPERATION_TABLE_WRITE)) {
        return;
    }
    address.flags = data.flags = IRQCTS_OPERATION_FROM_MESSAGE;
    address.message = data.message = message;
    input = new_input(suite);
    add(input, address);
    add(input, data);
    add(input, OPERATION(.kind = IRQCTS_OPERATION_POLL));
}

/* Reads all that the observer can read: it keeps the separating sequences short. */
static void add_reads(const struct irqcts_complete *suite, struct input *input)
{
    const struct irqcts_complete_options *options = &suite->options;

    if ((options->observations & IRQCTS_OBSERVES_PBA) != 0 && usable(suite, IRQCTS_OPERATION_PBA_READ)) {
        add(input, OPERATION(.kind = IRQCTS_OPERATION_PBA_READ, .width = 8));
    }
    if ((options->observations & IRQCTS_OBSERVES_CAPABILITY) != 0 && usable(suite, IRQCTS_OPERATION_CAPABILITY_READ)) {
        add(input, OPERATION(.kind = IRQCTS_OPERATION_CAPABILITY_READ, .width = 2, .address = 2));
    }
    for (uint32_t i = 0; i < options->entries; i++) {
        if ((options->observations & IRQCTS_OBSERVES_TABLE) != 0 && usable(suite, IRQCTS_OPERATION_TABLE_READ)) {
            add(input, table_access(IRQCTS_OPERATION_TABLE_READ, i, 0, 8));
            add(input, table_access(IRQCTS_OPERATION_TABLE_READ, i, 8, 8));
        }
    }
}

/* Shows the state.  Messages that cannot be read are made to come: everything is
 * unmasked and enabled, what was pending arrives, and an event of each entry. */
static void add_show(struct irqcts_complete *suite)
{
    const struct irqcts_complete_options *options = &suite->options;
    struct input show = {0};

    add_reads(suite, &show);
    if (options->opaque_messages != 0 && options->stimulus == IRQCTS_STIMULUS_DEVICE) {
        for (uint32_t i = 0; i < options->entries && usable(suite, IRQCTS_OPERATION_UNMASK); i++) {
            add(&show, OPERATION(.kind = IRQCTS_OPERATION_UNMASK, .entry = i));
        }
        if (usable(suite, IRQCTS_OPERATION_FUNCTION_MASK)) {
            add(&show, OPERATION(.kind = IRQCTS_OPERATION_FUNCTION_MASK));
        }
        if (usable(suite, IRQCTS_OPERATION_ENABLE)) {
            add(&show, OPERATION(.kind = IRQCTS_OPERATION_ENABLE, .value = 1));
        }
        for (uint32_t i = 0; i < options->entries; i++) {
            add(&show, OPERATION(.kind = IRQCTS_OPERATION_RAISE, .entry = i));
            add(&show, OPERATION(.kind = IRQCTS_OPERATION_POLL));
        }
    }
    suite->show = MACHINE_UNDEFINED;
    if (show.count > 0) {
        suite->show = suite->all_inputs;
        *new_input(suite) = show;
    }
}

/* A reset, what it leaves to be seen, and the start of a driver: before that
 * the table's contents and the routines' answers are open. */
static void add_reset(struct irqcts_complete *suite, uint32_t kind, int started)
{
    struct input *input = new_input(suite);

    add(input, OPERATION(.kind = IRQCTS_OPERATION_RESET, .value = kind));
    add(input, OPERATION(.kind = IRQCTS_OPERATION_POLL));
    add_reads(suite, input);
    if (started) {
        add(input, OPERATION(.kind = IRQCTS_OPERATION_START));
        add(input, OPERATION(.kind = IRQCTS_OPERATION_POLL));
    }
}

static void add_resets(struct irqcts_complete *suite, int started)
{
    for (uint32_t kind = 0; kind < 2 && usable(suite, IRQCTS_OPERATION_RESET); kind++) {
        if ((suite->options.reset_kinds >> kind) & 1u) {
            add_reset(suite, kind, started);
        }
    }
}

/* Every entry as a driver without routines sets it up: its message by register writes, unmasked. */
static void add_set_up(struct irqcts_complete *suite)
{
    struct input *input;

    suite->set_up = MACHINE_UNDEFINED;
    if (suite->options.opaque_messages != 0 || !usable(suite, IRQCTS_OPERATION_TABLE_WRITE)) {
        return;
    }
    suite->set_up = suite->all_inputs;
    input = new_input(suite);
    for (uint32_t i = 0; i < suite->options.entries; i++) {
        for (uint32_t offset = 0; offset < IRQCTS_ENTRY_BYTES; offset += 8) {
            struct irqcts_operation write = table_access(IRQCTS_OPERATION_TABLE_WRITE, i, offset, 8);
            write.flags = IRQCTS_OPERATION_FROM_MESSAGE;
            add(input, write);
        }
    }
    add(input, OPERATION(.kind = IRQCTS_OPERATION_POLL));
}

static void add_start(struct irqcts_complete *suite)
{
    if (usable(suite, IRQCTS_OPERATION_START)) {
        suite->start = suite->all_inputs;
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_START));
    }
}

void complete_make_alphabet(struct irqcts_complete *suite)
{
    const struct irqcts_complete_options *options = &suite->options;

    add_show(suite);
    suite->start = MACHINE_UNDEFINED;
    if (options->start_once == 0) {
        add_start(suite);
    }
    for (uint64_t on = 0; on < 2; on++) {
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_ENABLE, .value = on));
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_FUNCTION_MASK, .value = on));
    }
    for (uint32_t i = 0; i < options->entries; i++) {
        if (options->stimulus != IRQCTS_STIMULUS_NONE) {
            add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_RAISE, .entry = i));
        }
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_MASK, .entry = i));
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_UNMASK, .entry = i));
        for (uint32_t m = 0; m < options->messages; m++) {
            add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = i, .message = m));
            if (options->opaque_messages == 0) {
                add_assignment(suite, i, m);
            }
        }
    }
    if ((options->properties & IRQCTS_PROPERTY_ROUTING_COMPOSED) == 0) { /* else a refusal is the backend's own */
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = options->table_entries));
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .message = options->messages));
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_MASK, .entry = options->table_entries));
        add_simple(suite, OPERATION(.kind = IRQCTS_OPERATION_UNMASK, .entry = options->table_entries));
    }
    add_resets(suite, usable(suite, IRQCTS_OPERATION_START));
    suite->report.inputs = suite->all_inputs;
    if (options->start_once != 0) {
        add_start(suite);
    }
    add_set_up(suite);
    suite->first_reset = suite->all_inputs;
    if (suite->start != MACHINE_UNDEFINED) {
        add_resets(suite, 0);
    }
}
