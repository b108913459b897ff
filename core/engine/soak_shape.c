/* SPDX-License-Identifier: Apache-2.0 */
/* Which sizes and operations a seed stands for. */
#include "irqcts/soak.h"

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Table sizes at the borders of words and at the limit; mostly small, where entries meet. */
static uint32_t size_of(uint64_t random, uint32_t most)
{
    static const uint16_t sizes[16] = {1, 2, 2, 3, 4, 5, 8, 8, 31, 33, 63, 64, 65, 128, 2047, 2048};

    return least(sizes[random & 15u], most);
}

/* All, one, or any number of messages. */
static uint32_t messages_of(uint64_t random, uint32_t entries, uint32_t most)
{
    uint32_t limit = least(entries, most);

    return (random & 3u) == 0 ? 1u : (random & 3u) == 1u ? 1u + (uint32_t)((random >> 2) % limit) : limit;
}

static uint64_t operations_of(uint64_t random, uint64_t supported)
{
    /* Left out together: what makes a state and what takes it away again. */
    static const uint64_t families[] = {
        UINT64_C(1) << IRQCTS_OPERATION_RESET,
        UINT64_C(1) << IRQCTS_OPERATION_SAVE | UINT64_C(1) << IRQCTS_OPERATION_RESTORE,
        UINT64_C(1) << IRQCTS_OPERATION_PAUSE | UINT64_C(1) << IRQCTS_OPERATION_RESUME,
        UINT64_C(1) << IRQCTS_OPERATION_START,
        UINT64_C(1) << IRQCTS_OPERATION_SET_ENTRY,
        UINT64_C(1) << IRQCTS_OPERATION_MASK | UINT64_C(1) << IRQCTS_OPERATION_UNMASK,
        UINT64_C(1) << IRQCTS_OPERATION_CAPABILITY_WRITE,
        UINT64_C(1) << IRQCTS_OPERATION_BUS_MASTER,
        UINT64_C(1) << IRQCTS_OPERATION_WITHDRAW,
        UINT64_C(1) << IRQCTS_OPERATION_WRITE_VIRTUALIZED,
        UINT64_C(1) << IRQCTS_OPERATION_PBA_READ | UINT64_C(1) << IRQCTS_OPERATION_PBA_WRITE,
        UINT64_C(1) << IRQCTS_OPERATION_TABLE_READ,
    };
    size_t i;

    for (i = 0; i < sizeof(families) / sizeof(families[0]) && (random & 1u) != 0; i++) { /* every other shape has all */
        if ((random >> (8u + 2u * i) & 3u) == 0) {
            supported &= ~families[i];
        }
    }
    return supported;
}

/* In every other shape resets and the like are not as seldom as they are by default. */
static uint32_t seldom_of(uint64_t random)
{
    return (random & 4u) == 0 ? 64u : 64u >> (2u * (uint32_t)(random & 3u));
}

int32_t irqcts_soak_shape(struct irqcts_engine_shape *out, const struct irqcts_backend_description *description,
                          uint64_t seed)
{
    static const uint16_t lengths[8] = {20, 60, 100, 200, 200, 300, 500, 1000};
    uint64_t first = irqcts_engine_seed(seed >> 32, 0);
    uint64_t second = irqcts_engine_seed(seed >> 32, 1);
    int chosen = (description->properties & IRQCTS_PROPERTY_CONFIGURABLE) != 0;
    uint32_t functions = description->virtual_functions_max;

    if (description->entries_max == 0 || description->messages_max == 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s has no MSI-X entries, so there is nothing to soak",
                           description->identity);
    }
    *out = (struct irqcts_engine_shape){.operations = operations_of(second, description->operations),
                                        .reset_kinds = description->reset_kinds,
                                        .stimulus = description->stimulus,
                                        .seldom = seldom_of(second >> 40),
                                        .length = lengths[first >> 8 & 7u]};
    out->entries = chosen ? size_of(first >> 16, description->entries_max) : description->entries_max;
    out->messages = (description->properties & IRQCTS_PROPERTY_MESSAGES_FIXED) != 0
                        ? description->messages_max
                        : messages_of(first >> 24, out->entries, description->messages_max);
    if (functions > 0 && description->virtual_entries_max > 0 && description->virtual_messages_max > 0 &&
        (!chosen || (first & 1u) != 0)) {
        out->virtual_functions = chosen ? 1u + (uint32_t)((first >> 32) % least(functions, 4u)) : functions;
        out->virtual_entries = chosen ? size_of(first >> 40, least(description->virtual_entries_max, 128u))
                                      : description->virtual_entries_max;
        out->virtual_messages = messages_of(first >> 48, out->virtual_entries, description->virtual_messages_max);
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_soak_program(struct irqcts_program **out, const struct irqcts_backend_description *description,
                            uint64_t seed)
{
    struct irqcts_engine_shape shape;
    int32_t error = irqcts_soak_shape(&shape, description, seed);

    return error == IRQCTS_ERROR_NONE ? irqcts_engine_program(out, &shape, irqcts_engine_seed(seed, 0)) : error;
}
