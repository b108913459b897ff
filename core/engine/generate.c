/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The random generator.  Its distribution favours what real bugs needed: few
 * hot entries, masks and events close together, Function Mask and Enable
 * cycles, both programming orders, indices at the edges of words and tables.
 */
#include "irqcts/engine.h"

/* splitmix64 (Steele, Lea, Flood 2014): full period, good enough to steer, one multiply chain. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static uint64_t draw(struct irqcts_generator *generator)
{
    generator->state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(generator->state);
}

/* 0 .. limit-1 without a division; the bias is below limit / 2^32. */
static uint32_t below(uint64_t random, uint32_t limit)
{
    return (uint32_t)(((random >> 32) * limit) >> 32);
}

uint64_t irqcts_engine_seed(uint64_t run_seed, uint64_t index)
{
    return mix(run_seed + mix(index + UINT64_C(0x632be59bd9b4e019)));
}

static uint32_t function_entries(const struct irqcts_generator *generator, uint32_t function)
{
    return function == 0 ? generator->shape.entries : generator->shape.virtual_entries;
}

static uint32_t function_messages(const struct irqcts_generator *generator, uint32_t function)
{
    return function == 0 ? generator->shape.messages : generator->shape.virtual_messages;
}

/* An entry index where off-by-one and word errors live. */
static uint32_t edge_entry(struct irqcts_generator *generator, uint32_t entries)
{
    static const uint16_t edges[8] = {0, 1, 31, 32, 63, 64, 65, 127};
    uint64_t random = draw(generator);
    uint32_t candidate;

    switch (random & 3u) {
    case 0:
        candidate = entries - 1u;
        break;
    case 1:
        candidate = edges[(random >> 2) & 7u];
        break;
    default:
        return below(random, entries);
    }
    return candidate < entries ? candidate : entries - 1u;
}

int32_t irqcts_generator_initialise(struct irqcts_generator *out, const struct irqcts_engine_shape *shape,
                                    uint64_t seed)
{
    uint32_t entries;
    uint32_t i;

    if (shape->entries < 1 || shape->entries > IRQCTS_ENTRIES_MAX || shape->messages < 1 ||
        shape->messages > shape->entries) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a shape of %u entries and %u messages: N is 1..%u and M is 1..N",
                           shape->entries, shape->messages, IRQCTS_ENTRIES_MAX);
    }
    if (shape->virtual_functions > IRQCTS_VIRTUAL_FUNCTIONS_MAX ||
        (shape->virtual_functions > 0 &&
         (shape->virtual_entries < 1 || shape->virtual_entries > IRQCTS_ENTRIES_MAX || shape->virtual_messages < 1 ||
          shape->virtual_messages > shape->virtual_entries))) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT,
                           "a shape of %u virtual functions with %u entries and %u messages each: at most %u, N is "
                           "1..%u and M is 1..N",
                           shape->virtual_functions, shape->virtual_entries, shape->virtual_messages,
                           IRQCTS_VIRTUAL_FUNCTIONS_MAX, IRQCTS_ENTRIES_MAX);
    }
    if (shape->length < 1 || shape->length >= IRQCTS_PROGRAM_OPERATIONS_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a program length of %u operations: 1..%u", shape->length,
                           IRQCTS_PROGRAM_OPERATIONS_MAX - 1u);
    }
    *out = (struct irqcts_generator){0};
    out->state = seed;
    out->shape = *shape;
    if (shape->virtual_functions > 0 && (draw(out) & 1u) != 0) {
        out->hot_function = 1u + below(draw(out), shape->virtual_functions);
    }
    entries = function_entries(out, out->hot_function);
    out->hot_count = 1u + below(draw(out), IRQCTS_GENERATOR_HOT_MAX);
    for (i = 0; i < out->hot_count; i++) {
        out->hot[i] = edge_entry(out, entries);
    }
    out->order = (uint32_t)(draw(out) & 1u);
    /* Four writes an entry, an unmask for half of the programs, and the two control writes. */
    out->pending_prologue = out->hot_count * 4u + 2u;
    return IRQCTS_ERROR_NONE;
}

static int allowed(const struct irqcts_generator *generator, uint32_t kind)
{
    return (int)((generator->shape.operations >> kind) & 1u);
}

static void table_write(struct irqcts_operation *out, uint32_t entry, uint32_t offset, uint8_t width)
{
    out->kind = IRQCTS_OPERATION_TABLE_WRITE;
    out->address = (uint64_t)entry * IRQCTS_ENTRY_BYTES + offset;
    out->width = width;
}

static void use_message(const struct irqcts_generator *generator, struct irqcts_operation *out, uint64_t random)
{
    out->flags = IRQCTS_OPERATION_FROM_MESSAGE;
    out->message = below(random, function_messages(generator, out->function));
    out->message_function = out->function;
}

static void control(const struct irqcts_generator *generator, struct irqcts_operation *out, uint32_t kind,
                    uint32_t value)
{
    (void)generator;
    out->kind = (uint16_t)kind;
    out->value = value;
}

/* The first operations program the hot entries in one of the two orders. */
static int prologue(struct irqcts_generator *generator, struct irqcts_operation *out)
{
    uint32_t total = generator->hot_count * 4u + 2u;
    uint32_t done = total - generator->pending_prologue;
    uint32_t index;

    generator->pending_prologue--;
    if (!allowed(generator, IRQCTS_OPERATION_TABLE_WRITE) || !allowed(generator, IRQCTS_OPERATION_ENABLE) ||
        !allowed(generator, IRQCTS_OPERATION_FUNCTION_MASK)) {
        generator->pending_prologue = 0;
        return 0;
    }
    if (done == 0) {
        control(generator, out, IRQCTS_OPERATION_FUNCTION_MASK, generator->order);
    } else if (done == total - 1u) {
        control(generator, out, IRQCTS_OPERATION_ENABLE, 1);
    } else {
        index = generator->hot[(done - 1u) / 4u];
        switch ((done - 1u) % 4u) {
        case 0:
            table_write(out, index, 0, 4);
            generator->messages_seed = draw(generator);
            break;
        case 1:
            table_write(out, index, 4, 4);
            break;
        case 2:
            table_write(out, index, 8, 4);
            break;
        default:
            table_write(out, index, 12, 4);
            out->value = generator->messages_seed & 1u;
            return 1;
        }
        use_message(generator, out, generator->messages_seed);
    }
    return 1;
}

static void choose_register_access(struct irqcts_generator *generator, struct irqcts_operation *out, uint32_t entry,
                                   uint32_t entries, uint64_t random)
{
    static const uint8_t widths[8] = {4, 4, 4, 8, 4, 8, 1, 2};

    switch ((random >> 8) & 7u) {
    case 0: /* a new message, QWORD by QWORD or DWORD by DWORD */
        table_write(out, entry, 0, 8);
        use_message(generator, out, random);
        break;
    case 1:
        table_write(out, entry, 8, 8);
        use_message(generator, out, random);
        out->control = (uint32_t)(random >> 16) & 1u;
        break;
    case 2:
        table_write(out, entry, 8, 4);
        use_message(generator, out, random);
        break;
    case 3:
        out->kind = IRQCTS_OPERATION_TABLE_READ;
        out->width = widths[(random >> 12) & 7u];
        out->address = (uint64_t)entry * IRQCTS_ENTRY_BYTES + ((random >> 20) & 15u) / out->width * out->width;
        break;
    case 4: /* whole QWORD of pending bits around the entry */
        out->kind = IRQCTS_OPERATION_PBA_READ;
        out->width = (random & 0x1000u) != 0 ? 8 : 4;
        out->address = (uint64_t)(entry / 64u) * 8u + (out->width == 4 ? (entry / 32u % 2u) * 4u : 0u);
        break;
    case 5:
        out->kind = IRQCTS_OPERATION_CAPABILITY_READ;
        out->width = (random & 0x1000u) != 0 ? 4 : 2;
        out->address = out->width == 4 ? ((random >> 14) % 3u) * 4u : 2u;
        break;
    case 6:
        out->kind = IRQCTS_OPERATION_CAPABILITY_WRITE;
        out->width = (uint8_t)(1u << ((random >> 12) % 3u));
        out->address = out->width == 1 ? 3u : out->width == 2 ? 2u : 0u;
        out->value = (random >> 20) & (out->width == 1 ? 0xffu : out->width == 2 ? 0xffffu : 0xffffffffu);
        if (((random >> 52) & 3u) != 0) { /* mostly enabled and not masked */
            out->value |= out->width == 1 ? 0x80u : out->width == 2 ? 0x8000u : 0x80000000u;
            out->value &= ~(uint64_t)(out->width == 1 ? 0x40u : out->width == 2 ? 0x4000u : 0x40000000u);
        }
        break;
    default:
        out->kind = IRQCTS_OPERATION_TABLE_READ;
        out->width = 4;
        out->address = (uint64_t)below(random, entries) * IRQCTS_ENTRY_BYTES + 12u;
        break;
    }
}

static void choose_rare(struct irqcts_generator *generator, struct irqcts_operation *out, uint32_t entry,
                        uint32_t entries, uint64_t random)
{
    const struct irqcts_engine_shape *shape = &generator->shape;
    uint32_t choice = (uint32_t)(random >> 8) & 15u;

    if (choice < 6 && shape->virtual_functions > 0) {
        out->kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED;
        if (out->function == 0) {
            out->function = 1u + below(random, shape->virtual_functions);
            entry = edge_entry(generator, shape->virtual_entries);
        }
        out->entry = entry;
        use_message(generator, out, random << 7);
        out->control = (uint32_t)(random >> 16) & 1u;
        return;
    }
    switch (choice) {
    case 6:
        out->kind = IRQCTS_OPERATION_PAUSE;
        break;
    case 7:
    case 8:
    case 9:
        out->kind = IRQCTS_OPERATION_RESUME;
        break;
    case 10:
        out->kind = IRQCTS_OPERATION_SAVE;
        out->value = (random >> 16) & 1u;
        break;
    case 11:
        out->kind = IRQCTS_OPERATION_RESTORE;
        out->value = (random >> 16) & 1u;
        out->data = ((random >> 20) & 7u) == 0 ? (uint32_t)(random >> 24) & 3u : 0u;
        break;
    case 12:
        if (((random >> 16) & 7u) == 0 && (shape->reset_kinds & 3u) != 0) {
            out->kind = IRQCTS_OPERATION_RESET;
            out->value = (shape->reset_kinds & 3u) == 3u ? (random >> 20) & 1u : (shape->reset_kinds >> 1) & 1u;
        }
        break;
    case 13:
        out->kind = IRQCTS_OPERATION_WITHDRAW;
        out->entry = entry;
        break;
    case 14:
        out->kind = IRQCTS_OPERATION_SET_ENTRY; /* mostly beyond the ends */
        out->entry = entries - 1u + ((uint32_t)(random >> 16) & 1u);
        out->message = function_messages(generator, out->function) - 1u + ((uint32_t)(random >> 17) & 1u);
        break;
    default:
        out->kind = IRQCTS_OPERATION_START;
        break;
    }
}

static void choose(struct irqcts_generator *generator, struct irqcts_operation *out)
{
    const struct irqcts_engine_shape *shape = &generator->shape;
    uint64_t random = draw(generator);
    uint32_t weight = (uint32_t)random & 0xffu;
    uint32_t entries;
    uint32_t entry;

    out->function = generator->hot_function;
    if (shape->virtual_functions > 0 && ((random >> 40) & 15u) == 0) {
        out->function = below(random << 13, 1u + shape->virtual_functions);
    }
    entries = function_entries(generator, out->function);
    entry = generator->hot[below(random << 17, generator->hot_count)];
    if (entry >= entries || ((random >> 44) & 31u) == 0) {
        entry = edge_entry(generator, entries);
    }
    if (weight < 72 && shape->stimulus != IRQCTS_STIMULUS_NONE) {
        out->kind = IRQCTS_OPERATION_RAISE;
        out->entry = entry;
    } else if (weight < 104) {
        out->kind = IRQCTS_OPERATION_POLL;
        out->function = 0;
    } else if (weight < 152) {
        table_write(out, entry, 12, 4);
        out->value = (random >> 48) & 1u;
    } else if (weight < 172) {
        out->kind = (random & 0x100u) != 0 ? IRQCTS_OPERATION_MASK : IRQCTS_OPERATION_UNMASK;
        out->entry = entry;
    } else if (weight < 186) {
        control(generator, out, IRQCTS_OPERATION_FUNCTION_MASK, (uint32_t)(random >> 48) & 1u);
    } else if (weight < 196) {
        control(generator, out, IRQCTS_OPERATION_ENABLE, (random & 0x300u) != 0);
    } else if (weight < 208) {
        out->kind = IRQCTS_OPERATION_SET_ENTRY;
        out->entry = entry;
        out->message = below(random << 9, function_messages(generator, out->function));
    } else if (weight < 210) {
        control(generator, out, IRQCTS_OPERATION_BUS_MASTER, (random & 0x300u) != 0);
    } else if (weight < 248) {
        choose_register_access(generator, out, entry, entries, random);
    } else {
        choose_rare(generator, out, entry, entries, random);
    }
}

void irqcts_generator_next(struct irqcts_generator *generator, struct irqcts_operation *out)
{
    const struct irqcts_engine_shape *shape = &generator->shape;

    *out = (struct irqcts_operation){0};
    if (generator->step++ == 0) {
        out->kind = IRQCTS_OPERATION_CONFIGURE;
        out->entry = shape->entries;
        out->message = shape->messages;
        out->value = shape->virtual_functions;
        out->data = shape->virtual_functions > 0 ? shape->virtual_entries : 0;
        out->control = shape->virtual_functions > 0 ? shape->virtual_messages : 0;
        return;
    }
    if (generator->step == shape->length + 1u) { /* what happened last is always looked at */
        out->kind = IRQCTS_OPERATION_POLL;
        return;
    }
    out->function = generator->hot_function;
    if (generator->pending_prologue > 0 && prologue(generator, out)) {
        return;
    }
    *out = (struct irqcts_operation){0};
    choose(generator, out);
    if (out->kind == IRQCTS_OPERATION_NONE || !allowed(generator, out->kind)) {
        *out = (struct irqcts_operation){0};
        out->kind = IRQCTS_OPERATION_POLL;
    }
}

int32_t irqcts_engine_program(struct irqcts_program **out, const struct irqcts_engine_shape *shape, uint64_t seed)
{
    struct irqcts_generator generator;
    struct irqcts_operation operation;
    struct irqcts_program *program = NULL;
    int32_t error = irqcts_generator_initialise(&generator, shape, seed);
    uint32_t i;

    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_program_create(&program);
    }
    for (i = 0; i <= shape->length && error == IRQCTS_ERROR_NONE; i++) {
        irqcts_generator_next(&generator, &operation);
        error = irqcts_program_append(program, &operation, NULL, NULL);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_program_free(program);
        return error;
    }
    *out = program;
    return IRQCTS_ERROR_NONE;
}
