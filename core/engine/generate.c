/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The random generator.  It strings motifs together (motifs.c), with operations
 * of others strewn in, on what real bugs needed: few hot entries, indices at the
 * edges of words and tables, both programming orders.
 */
#include "irqcts/engine.h"
#include "motifs.h"

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

/* Entry indices where off-by-one and word errors live; half of the places are for any index. */
static void choose_edges(struct irqcts_generator *out)
{
    static const uint16_t edges[] = {0, 1, 31, 32, 63, 64, 65, 127};
    uint32_t entries = function_entries(out, out->hot_function);
    uint32_t i;

    for (i = 0; i < IRQCTS_GENERATOR_EDGES; i++) {
        uint32_t candidate = i % 4u == 0   ? entries - 1u
                             : i % 4u == 1 ? edges[below(draw(out), sizeof(edges) / sizeof(edges[0]))]
                                           : below(draw(out), entries);
        out->edges[i] = candidate < entries ? candidate : entries - 1u;
    }
}

static int allowed(const struct irqcts_generator *generator, uint32_t kind)
{
    return (int)((generator->shape.operations >> kind) & 1u);
}

/* ---- motifs ---- */

static const struct motif *motif_under_way(const struct irqcts_generator *generator)
{
    return (generator->rare ? rare_motifs : motifs) + generator->motif;
}

/* What the next motif is about. */
static void start_motif(struct irqcts_generator *generator)
{
    const struct irqcts_engine_shape *shape = &generator->shape;
    uint64_t random = draw(generator);
    uint32_t entries;
    uint32_t messages;
    uint32_t i;

    generator->bits = draw(generator);
    generator->stranger = (uint32_t)(generator->bits >> 59); /* mostly beyond the motif's end */
    generator->motif = below(random, motif_count);
    generator->rare = (random & ((shape->seldom != 0 ? shape->seldom : 64u) - 1u)) == 0;
    if (generator->rare) {
        generator->motif = below(random, rare_motif_count);
    }
    generator->position = 0;
    generator->function = generator->hot_function;
    if (shape->virtual_functions > 0 && (random & 15u) == 0) {
        generator->function = below(random << 24, 1u + shape->virtual_functions);
    }
    entries = function_entries(generator, generator->function);
    messages = function_messages(generator, generator->function);
    generator->subjects[SUBJECT_A] = generator->hot[below(random << 8, generator->hot_count)];
    generator->subjects[SUBJECT_B] = generator->hot[below(random << 16, generator->hot_count)];
    generator->subjects[SUBJECT_EDGE] = generator->edges[(random >> 16) % IRQCTS_GENERATOR_EDGES];
    for (i = SUBJECT_A; i <= SUBJECT_EDGE; i++) { /* they are those of the hot function */
        generator->subjects[i] = generator->subjects[i] < entries ? generator->subjects[i] : entries - 1u;
    }
    generator->subjects[SUBJECT_BEYOND] = entries + ((random & 0x30u) == 0 ? (uint32_t)(random >> 8) & 0xffu : 0u);
    generator->messages[0] = below(random << 20, messages);
    generator->messages[1] = below(random << 28, messages);
}

/* 0 or all bits. */
static inline uint32_t spread(int8_t mask)
{
    int32_t wide = mask;

    return (uint32_t)wide;
}

/* `random`: eight bits are used. */
static inline void fill(const struct irqcts_generator *generator, const struct motif_step *step, uint32_t random,
                        struct irqcts_operation *out)
{
    /* Which operation comes next is no surprise to the processor within a
     * motif, and what it is made of must not be one either: no branches. */
    uint32_t subject = generator->subjects[step->subject];
    uint32_t function = generator->function & ~spread(step->global_mask);

    *out = (struct irqcts_operation){
        .kind = step->kind,
        .width = step->width,
        .flags = step->flags,
        .function = function,
        .entry = subject & spread(step->entry_mask),
        .message = generator->messages[step->other_message] & spread(step->message_mask),
        .address = (uint64_t)(subject & spread(step->address_mask)) * IRQCTS_ENTRY_BYTES + step->offset,
        .value = step->value | (random & step->random_value),
        .data = random >> 1 & step->random_data,
        .control = random & step->random_control,
        .message_function = function * step->flags,
    };
}

static void odd_access(const struct irqcts_generator *generator, uint64_t random, struct irqcts_operation *out)
{
    uint64_t base = (uint64_t)generator->subjects[SUBJECT_A] * IRQCTS_ENTRY_BYTES;

    out->width = (uint8_t)(1u << ((random >> 8) & 3u));
    out->address = base + ((random >> 10) & 15u);
    if (out->address + out->width > base + IRQCTS_ENTRY_BYTES) {
        out->address = base + IRQCTS_ENTRY_BYTES - out->width;
    }
    if (out->kind == IRQCTS_OPERATION_TABLE_WRITE) {
        out->value = (random >> 16) & (out->width == 8 ? UINT64_MAX : (UINT64_C(1) << (8u * out->width)) - 1u);
    }
}

static void capability_access(uint64_t random, struct irqcts_operation *out)
{
    if (out->kind == IRQCTS_OPERATION_CAPABILITY_READ) {
        out->width = (random & 0x100u) != 0 ? 4 : 2;
        out->address = out->width == 4 ? ((random >> 32) % 3u) * 4u : 2u;
        return;
    }
    out->width = (uint8_t)(1u << ((random >> 32) % 3u));
    out->address = out->width == 1 ? 3u : out->width == 2 ? 2u : ((random >> 48) % 3u) * 4u;
    out->value = (random >> 8) & (out->width == 1 ? 0xffu : out->width == 2 ? 0xffffu : 0xffffffffu);
}

static void virtualized(const struct irqcts_generator *generator, const struct motif_step *step, uint64_t random,
                        struct irqcts_operation *out)
{
    const struct irqcts_engine_shape *shape = &generator->shape;

    if (shape->virtual_functions == 0) {
        out->kind = IRQCTS_OPERATION_NONE;
        return;
    }
    if (out->function == 0) {
        out->function = 1u + below(random, shape->virtual_functions);
        if (out->entry >= shape->virtual_entries) {
            out->entry = shape->virtual_entries - 1u;
        }
        if (out->message >= shape->virtual_messages) {
            out->message = shape->virtual_messages - 1u;
        }
    }
    out->message_function = out->function;
    if (step->special == SPECIAL_VIRTUALIZED_BAD) {
        switch ((random >> 16) & 3u) {
        case 0:
            out->entry = shape->virtual_entries;
            break;
        case 1:
            out->entry = UINT32_MAX - ((uint32_t)(random >> 18) & 0x7fffu); /* a negative INT16 */
            break;
        default:
            out->function = 1u + shape->virtual_functions;
            break;
        }
    }
}

static void special(struct irqcts_generator *generator, const struct motif_step *step, struct irqcts_operation *out)
{
    const struct irqcts_engine_shape *shape = &generator->shape;
    uint32_t subject = generator->subjects[step->subject];
    uint64_t random = draw(generator);

    fill(generator, step, (uint32_t)(random >> 40) & 0xffu, out);
    switch (step->special) {
    case SPECIAL_PBA_READ:
        out->width = (random & 0x100u) != 0 ? 8 : 4;
        out->address = subject / (8u * out->width) * out->width;
        break;
    case SPECIAL_CAPABILITY_READ:
    case SPECIAL_CAPABILITY_WRITE:
        capability_access(random, out);
        break;
    case SPECIAL_ODD_ACCESS:
        odd_access(generator, random, out);
        break;
    case SPECIAL_BAD_MESSAGE:
        out->message = function_messages(generator, out->function) + ((random & 0x300u) == 0 ? 0x100u : 0u);
        break;
    case SPECIAL_RESET:
        if ((shape->reset_kinds & 3u) == 0) {
            out->kind = IRQCTS_OPERATION_NONE;
        } else {
            out->value = (shape->reset_kinds & 3u) == 3u ? (random >> 16) & 1u : (shape->reset_kinds >> 1) & 1u;
        }
        break;
    default:
        virtualized(generator, step, random, out);
        break;
    }
}

/* Four writes an entry, and two control writes; none where the backend cannot do them. */
static uint32_t prologue_length(const struct irqcts_generator *generator)
{
    const uint64_t needed = UINT64_C(1) << IRQCTS_OPERATION_TABLE_WRITE | UINT64_C(1) << IRQCTS_OPERATION_ENABLE |
                            UINT64_C(1) << IRQCTS_OPERATION_FUNCTION_MASK;

    return (generator->shape.operations & needed) == needed ? generator->hot_count * 4u + 2u : 0u;
}

/* The first operations program the hot entries in one of the two orders. */
static void prologue(struct irqcts_generator *generator, struct irqcts_operation *out)
{
    uint32_t total = prologue_length(generator);
    uint32_t done = total - generator->pending_prologue;
    uint32_t dword = (done - 1u) % 4u;

    generator->pending_prologue--;
    *out = (struct irqcts_operation){.function = generator->hot_function};
    if (done == 0) {
        out->kind = IRQCTS_OPERATION_FUNCTION_MASK;
        out->value = generator->order;
    } else if (done == total - 1u) {
        out->kind = IRQCTS_OPERATION_ENABLE;
        out->value = 1;
    } else {
        out->kind = IRQCTS_OPERATION_TABLE_WRITE;
        out->width = 4;
        out->address = (uint64_t)generator->hot[(done - 1u) / 4u] * IRQCTS_ENTRY_BYTES + 4u * dword;
        if (dword == 0) {
            generator->messages[0] = below(draw(generator), function_messages(generator, out->function));
        }
        if (dword == 3) { /* Vector Control: mostly unmasked */
            out->value = (draw(generator) & 3u) == 0;
        } else {
            out->flags = IRQCTS_OPERATION_FROM_MESSAGE;
            out->message = generator->messages[0];
            out->message_function = out->function;
        }
    }
    if (generator->pending_prologue == 0) {
        start_motif(generator); /* one of the hot function's messages is not always one of its function's */
    }
}

int32_t irqcts_generator_initialise(struct irqcts_generator *out, const struct irqcts_engine_shape *shape,
                                    uint64_t seed)
{
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
    if (shape->seldom > 64 || (shape->seldom & (shape->seldom - 1u)) != 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "one motif in %u: a power of two up to 64, or 0", shape->seldom);
    }
    if (shape->length < 1 || shape->length >= IRQCTS_PROGRAM_OPERATIONS_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "a program length of %u operations: 1..%u", shape->length,
                           IRQCTS_PROGRAM_OPERATIONS_MAX - 1u);
    }
    *out = (struct irqcts_generator){0};
    out->state = seed;
    out->shape = *shape;
    out->shape.operations &= ~(UINT64_C(1) << IRQCTS_OPERATION_NONE);
    if (shape->stimulus == IRQCTS_STIMULUS_NONE) {
        out->shape.operations &= ~(UINT64_C(1) << IRQCTS_OPERATION_RAISE);
    }
    if (shape->virtual_functions > 0 && (draw(out) & 1u) != 0) {
        out->hot_function = 1u + below(draw(out), shape->virtual_functions);
    }
    choose_edges(out);
    out->hot_count = 1u + below(draw(out), IRQCTS_GENERATOR_HOT_MAX);
    for (i = 0; i < out->hot_count; i++) {
        out->hot[i] = out->edges[below(draw(out), IRQCTS_GENERATOR_EDGES)];
    }
    out->order = (uint32_t)(draw(out) & 1u);
    out->pending_prologue = prologue_length(out);
    start_motif(out);
    return IRQCTS_ERROR_NONE;
}

/* `count` operations of the motif under way. */
static void emit(struct irqcts_generator *generator, uint32_t count, struct irqcts_operation *out)
{
    const struct motif_step *steps = &motif_under_way(generator)->steps[generator->position];
    uint64_t random = generator->bits >> (generator->position & 7u) * 8u;
    uint32_t i;

    for (i = 0; i < count; i++) {
        const struct motif_step *step = &steps[i];
        if (generator->position + i == generator->stranger) { /* now and then an operation out of another motif */
            uint64_t which = draw(generator);
            const struct motif *other = &motifs[below(which, motif_count)];
            step = &other->steps[below(which << 24, other->length)];
        }
        if (step->special != SPECIAL_NONE) {
            special(generator, step, &out[i]);
        } else {
            fill(generator, step, (uint32_t)random & 0xffu, &out[i]);
        }
        if (!allowed(generator, out[i].kind)) { /* what the backend lacks is a look at the deliveries instead */
            out[i] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_POLL};
        }
        random >>= 8;
    }
    generator->position += count;
}

void irqcts_generator_next(struct irqcts_generator *generator, uint32_t count, struct irqcts_operation *out)
{
    const struct irqcts_engine_shape *shape = &generator->shape;

    while (count > 0) {
        uint32_t done = 1;
        if (generator->step == 0) {
            *out = (struct irqcts_operation){.kind = IRQCTS_OPERATION_CONFIGURE,
                                             .entry = shape->entries,
                                             .message = shape->messages,
                                             .value = shape->virtual_functions,
                                             .data = shape->virtual_functions > 0 ? shape->virtual_entries : 0,
                                             .control = shape->virtual_functions > 0 ? shape->virtual_messages : 0};
        } else if (generator->pending_prologue > 0) {
            prologue(generator, out);
        } else {
            uint32_t left = motif_under_way(generator)->length - generator->position;
            if (left == 0) {
                start_motif(generator);
                left = motif_under_way(generator)->length;
            }
            done = count < left ? count : left;
            emit(generator, done, out);
        }
        generator->step += done;
        out += done;
        count -= done;
        if (generator->step > shape->length && generator->step - done <= shape->length) {
            /* What happened last is always looked at. */
            *(out - (generator->step - shape->length)) = (struct irqcts_operation){.kind = IRQCTS_OPERATION_POLL};
        }
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
        irqcts_generator_next(&generator, 1, &operation);
        error = irqcts_program_append(program, &operation, NULL, NULL);
    }
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_program_free(program);
        return error;
    }
    *out = program;
    return IRQCTS_ERROR_NONE;
}
